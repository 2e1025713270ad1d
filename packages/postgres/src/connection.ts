import { DeltawireError } from "@deltawire/server";
import { Pool, type PoolClient, type PoolConfig } from "pg";

/** Where the database is: a URL, what `pg` takes for a pool, or a pool that the application has. */
export type Where = string | PoolConfig | Pool;

/** Two transactions were in each other's way: PostgreSQL asks for another try (class 40). */
const AGAIN: readonly string[] = ["40001", "40P01"];
const TRIES = 5;

/** The connection ends with such an error: PostgreSQL ends, or is done with this client. */
const FATAL = /^(08|57P|25P0[34])/;
/** A statement took too long, by PostgreSQL's own watch. */
const CANCELED = "57014";

/** Connections of a pool of our own: of ten servers together fewer than PostgreSQL's default 100. */
const CONNECTIONS = 5;

/** A pool of connections, on which every call ends in time. */
export class Connection {
  readonly #pool: Pool;
  readonly #isOwn: boolean;
  readonly #timeout: number;
  #closed: Promise<void> | undefined;

  /** @param timeout milliseconds that a call may take */
  constructor(where: Where, timeout: number) {
    this.#timeout = timeout;
    this.#isOwn = !isPool(where);
    this.#pool = isPool(where) ? where : new Pool(configured(where, timeout));
    this.#pool.on("error", ignore);
  }

  /**
   * Does something on a connection, and again where PostgreSQL asks for that. A connection that
   * breaks, or takes too long, is thrown away; the next call makes a new one.
   *
   * @param timeout milliseconds. @default what the constructor was given
   * @throws DeltawireError `timeout`, `connection_lost`; what `work` throws
   */
  run<Result>(
    work: (client: PoolClient) => Promise<Result>,
    timeout: number = this.#timeout,
  ): Promise<Result> {
    return within(timeout, async (signal) => {
      const client = await this.#connect();
      let isHeld = true;
      let isBroken = false;
      // It tells this beside rejecting what is under way on it, and where nothing is.
      const lost = (): void => {
        isBroken = true;
      };
      const leave = (): void => {
        if (!isHeld) return;
        isHeld = false;
        client.off("error", lost);
        client.release(isBroken);
      };
      client.on("error", lost);
      if (signal.aborted) leave(); // it came late, and is good
      signal.addEventListener("abort", () => {
        isBroken = true; // what is under way on it ends with it
        leave();
      });
      try {
        return await again(work, client, signal);
      } catch (error) {
        if (!isAnswer(error)) throw isBroken ? lostBy(error) : error;
        isBroken ||= FATAL.test(error.code);
        throw isBroken ? lostBy(error) : error.code === CANCELED ? late(timeout) : error;
      } finally {
        leave();
      }
    });
  }

  /** Ends a pool of our own when what is under way has ended; an application's stays as it was. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#isOwn) await this.#pool.end();
    else this.#pool.off("error", ignore);
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw lostBy(error);
    }
  }
}

/**
 * A bound on the time of a promise.
 *
 * @throws DeltawireError `timeout`
 */
export async function within<Result>(
  timeout: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const bound = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(late(timeout));
      controller.abort();
    }, timeout);
  });
  try {
    return await Promise.race([work(controller.signal), bound]);
  } finally {
    clearTimeout(timer);
  }
}

/** Does something in one transaction: all of it is there, or nothing. */
export async function inTransaction<Result>(
  client: PoolClient,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(ignore); // then the connection is broken, and seen to be
    throw error;
  }
}

/** Whether an error is PostgreSQL's own answer, after which the connection goes on. */
export function isAnswer(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "severity" in error && "code" in error;
}

async function again<Result>(
  work: (client: PoolClient) => Promise<Result>,
  client: PoolClient,
  signal: AbortSignal,
): Promise<Result> {
  for (let left = TRIES - 1; ; left--) {
    signal.throwIfAborted();
    try {
      return await work(client);
    } catch (error) {
      if (left === 0 || !isAnswer(error) || !AGAIN.includes(error.code)) throw error;
    }
  }
}

/** By what is called: an application's `pg` may be another copy of the package. */
const isPool = (where: Where): where is Pool => typeof where === "object" && "connect" in where;

/**
 * The server's own timeouts see to it that nothing is held locked for somebody who has given up, or
 * whose machine is gone.
 */
const configured = (where: string | PoolConfig, timeout: number): PoolConfig => ({
  application_name: "deltawire",
  max: CONNECTIONS,
  keepAlive: true,
  connectionTimeoutMillis: timeout,
  statement_timeout: timeout,
  idle_in_transaction_session_timeout: timeout,
  ...(typeof where === "string" ? { connectionString: where } : where),
});

const late = (timeout: number): DeltawireError =>
  new DeltawireError("timeout", `PostgreSQL took more than ${timeout} ms; it is tried again`);

/** What PostgreSQL answered, where it did, is its `cause`: a password that is wrong stays wrong. */
function lostBy(error: unknown): DeltawireError {
  if (error instanceof DeltawireError) return error;
  // Where a name has several addresses the error holds one for each, and says nothing itself.
  const [first] = error instanceof AggregateError ? error.errors : [error];
  const reason = first instanceof Error ? first.message : String(first);
  const what = `PostgreSQL cannot be reached: ${reason}`;
  return Object.assign(new DeltawireError("connection_lost", what), { cause: first });
}

function ignore(): void {}
