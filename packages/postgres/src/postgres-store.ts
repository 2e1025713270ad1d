import type {
  ChannelSave,
  SaveAnswer,
  Store,
  StoredChannel,
  StoredMessage,
  StorePage,
} from "@deltawire/server";
import type { ClientBase, PoolClient, QueryArrayConfig } from "pg";
import { type Batch, batches, type SaveCall } from "./batches.js";
import { Connection, inTransaction, isAnswer, type Where, within } from "./connection.js";
import { decodeChannel, decodeMessages, type StoredRow } from "./encoding.js";
import { escapeText } from "./escape.js";
import { migrate } from "./migrations.js";

/** Milliseconds; a migration of large tables may take its time. */
const MIGRATION_TIMEOUT = 600_000;

/** What a save says cannot be stored: a value that PostgreSQL refuses, or has no room for. */
const REFUSED = /^(22|54)/;

/** How a {@link postgresStore} works. */
export interface PostgresOptions {
  /** The schema of its tables. @default "deltawire" */
  readonly schema?: string;
  /** Milliseconds after which a call rejects; the server then tries again. @default 10000 */
  readonly timeout?: number;
  /**
   * Called in the transaction of each save, after it: what it writes with `client` is there exactly
   * when the messages are. Only saves that did not conflict are given. Where it throws nothing is
   * saved, and the server tries again; so what it does must bear being done twice. It must neither
   * end the transaction nor keep the client.
   */
  readonly onSave?: (client: ClientBase, saves: readonly ChannelSave[]) => Promise<void> | void;
}

/** A store in PostgreSQL. */
export interface PostgresStore extends Store {
  /**
   * Brings the tables up to date, as the first call does by itself.
   *
   * @throws DeltawireError `unsupported_version`, `forbidden`
   */
  migrate(): Promise<void>;
  /** Ends its connections when what is under way has ended; a pool that was given stays open. */
  close(): Promise<void>;
}

/**
 * A store for `createServer({ data: { store } })`: the history of channels in PostgreSQL 15 or later.
 * Nothing is connected before the first call.
 */
export function postgresStore(where: Where, options: PostgresOptions = {}): PostgresStore {
  return new Postgres(where, options);
}

class Postgres implements PostgresStore {
  readonly #connection: Connection;
  readonly #schema: string;
  readonly #timeout: number;
  readonly #onSave: PostgresOptions["onSave"];
  #ready: Promise<void> | undefined;

  constructor(where: Where, { schema = "deltawire", timeout = 10_000, onSave }: PostgresOptions) {
    this.#connection = new Connection(where, timeout);
    this.#schema = `"${schema.replaceAll('"', '""')}"`;
    this.#timeout = timeout;
    this.#onSave = onSave;
  }

  migrate(): Promise<void> {
    this.#ready ??= this.#connection
      .run((client) => migrate(client, this.#schema), MIGRATION_TIMEOUT)
      .catch((error) => {
        this.#ready = undefined;
        throw error;
      });
    return this.#ready;
  }

  async load(channel: string): Promise<StoredChannel | undefined> {
    return decodeChannel(
      await this.#rows(
        `select 'channel', row_to_json(c)::text from {schema}.channels c where c.channel = $1
        union all
        select 'message', row_to_json(m)::text from {schema}.messages m where m.channel = $1
        union all
        select 'patch', row_to_json(p)::text from {schema}.patches p where p.channel = $1`,
        [escapeText(channel)],
      ),
    );
  }

  async save(saves: readonly ChannelSave[]): Promise<readonly SaveAnswer[]> {
    const saved = new Set<ChannelSave>();
    for (const batch of batches(saves)) {
      for (const save of await this.#apart(batch)) saved.add(save);
    }
    return saves.map((save) => (saved.has(save) ? "saved" : "conflict"));
  }

  async page(channel: string, { before, limit }: StorePage): Promise<readonly StoredMessage[]> {
    return decodeMessages(
      await this.#rows(
        `with page as (
          select * from {schema}.messages m where m.channel = $1 and m."order" < $2
          order by m."order" desc limit $3)
        select 'message', row_to_json(page)::text from page
        union all
        select 'patch', row_to_json(p)::text from page join {schema}.patches p using (channel, id)`,
        [escapeText(channel), before, limit],
      ),
    );
  }

  async delete(channel: string): Promise<void> {
    await this.#run((client) =>
      client.query(this.#sql("select {schema}.delete($1)"), [escapeText(channel)]),
    );
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** What PostgreSQL refuses of one channel keeps no other one from being saved. */
  async #apart(batch: Batch): Promise<readonly ChannelSave[]> {
    try {
      return await this.#run((client) => this.#save(client, batch));
    } catch (error) {
      if (batch.saves.length === 1 || !isAnswer(error) || !REFUSED.test(error.code)) throw error;
      for (const single of batch.saves.flatMap((save) => batches([save]))) {
        await this.#run((client) => this.#save(client, single)).catch(() => {});
      }
      throw error;
    }
  }

  /** @returns those that are saved */
  async #save(client: PoolClient, { saves, calls }: Batch): Promise<readonly ChannelSave[]> {
    const answers = async (call: SaveCall): Promise<readonly ChannelSave[]> => {
      const isSaved = await this.#call(client, call);
      return saves.filter((_, place) => isSaved[place]);
    };
    const [first] = calls;
    if (first && calls.length === 1 && !this.#onSave) return answers(first);
    return inTransaction(client, async () => {
      let saved: readonly ChannelSave[] = saves;
      for (const call of calls) {
        saved = await answers(call);
        if (calls.length > 1 && saved.length === 0) {
          await client.query("rollback and chain"); // what came before belongs to the same save
          return saved;
        }
      }
      if (saved.length > 0) await this.#onSave?.(client, saved);
      return saved;
    });
  }

  async #call(client: PoolClient, call: SaveCall): Promise<readonly boolean[]> {
    const { rows } = await client.query<{ answers: readonly boolean[] }>(
      this.#sql("select {schema}.save($1, $2) as answers"),
      [call.channels, call.contents],
    );
    return rows[0]?.answers ?? [];
  }

  #rows(text: string, values: readonly unknown[]): Promise<readonly StoredRow[]> {
    const query: QueryArrayConfig = {
      text: this.#sql(text),
      values: [...values],
      rowMode: "array",
    };
    return this.#run(async (client) => (await client.query<[StoredRow[0], string]>(query)).rows);
  }

  async #run<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    await within(this.#timeout, () => this.migrate());
    return this.#connection.run(work);
  }

  #sql(text: string): string {
    return text.replaceAll("{schema}", () => this.#schema);
  }
}
