import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { connect } from "@deltawire/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realDatabase } from "../../tests/real/postgres.js";
import { type Backend, startBackend } from "./backend.js";
import type { Item } from "./items.js";
import { SOURCES } from "./queries.js";

const database = await realDatabase("the feed's queries");

interface Event {
  readonly type: string;
  readonly id: string;
  readonly data: { readonly items?: readonly Item[] };
}

describe.skipIf(!database)("a feed of fifteen queries", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await startBackend({ database: database?.url ?? "" });
  });
  afterAll(async () => {
    await backend?.close();
    await database?.close();
  });

  const document = async (
    path: string,
  ): Promise<{ items: Item[]; next?: string; failed: object[] }> =>
    (await fetch(`${backend.url}feed/${path}`)).json();

  /** Events until the stream ends, or until there were so many. */
  async function events(person: string, last?: string, most = Number.POSITIVE_INFINITY) {
    const request = get(`${backend.url}feed/${person}/events`, {
      headers: last === undefined ? {} : { "last-event-id": last },
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const found: Event[] = [];
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, type, id = "", data = "{}"] =
          /^event: (\w+)\nid: (\S+)\ndata: (.*)$/.exec(block) ?? [];
        if (type !== undefined && found.length < most)
          found.push({ type, id, data: JSON.parse(data) });
      }
      if (found.length >= most) break;
    }
    return { status: response.statusCode, found };
  }

  const idsOf = (found: readonly Event[]): string[] =>
    found.flatMap(({ data }) => data.items?.map(({ id }) => id) ?? []);

  test("is made once for whoever asks, by one statement a source, and from memory afterwards", async () => {
    let statements = 0;
    const count = (client: { query(...args: never[]): unknown }) => {
      const { query } = client;
      client.query = (...args) => {
        statements += 1;
        return query.apply(client, args);
      };
    };
    for (const client of await connections(backend)) count(client);
    backend.pool.on("connect", count);
    const wire = connect(backend.wire);
    const feed = wire.channel("feed/ann");
    const stop = feed.subscribe(() => undefined);
    const [one, other, { found }] = await Promise.all([
      document("ann?limit=500"),
      document("ann?limit=500"),
      events("ann"),
    ]);
    await expect.poll(() => feed.state.closed).toBeDefined();
    expect(one.items).toHaveLength(15 * 20);
    expect(other).toEqual(one);
    expect(new Set(idsOf(found))).toEqual(new Set(one.items.map(({ id }) => id)));
    expect(feed.state.messages.filter(({ kind }) => kind === "item")).toHaveLength(15 * 20);
    const made = statements;
    expect(made).toBe(1 + SOURCES.length); // the person, and each source
    expect(await document("ann?limit=500")).toEqual(one);
    expect(statements).toBe(made);
    stop();
    await wire.close();
    const { on_demand } = await (await fetch(backend.metrics)).json();
    expect(on_demand).toMatchObject({ started: 1, shared: 1, from_memory: 1, reuse: 0.67 });
    expect([on_demand.first.count, on_demand.time.count]).toEqual([1, 1]);
    expect(on_demand.first.max).toBeLessThan(on_demand.time.max);
  });

  test("pages by a cursor", async () => {
    const all = (await document("ann?limit=500")).items;
    const shown: Item[] = [];
    let next: string | undefined = "";
    while (next !== undefined) {
      const page = await document(`ann?limit=70${next && `&cursor=${next}`}`);
      shown.push(...page.items);
      ({ next } = page);
    }
    expect(shown).toEqual(all);
    expect((await fetch(`${backend.url}feed/ann?limit=0`)).status).toBe(400);
    expect((await fetch(`${backend.url}feed/ann?cursor=x`)).status).toBe(400);
  });

  test("an EventSource that comes back gets the rest: nothing twice, nothing left out", async () => {
    const whole = await events("ann");
    for (const [i, { id }] of whole.found.slice(0, -1).entries()) {
      const { found: rest } = await events("ann", id);
      expect([...whole.found.slice(0, i + 1), ...rest]).toEqual(whole.found);
    }
    for (const last of [whole.found.at(-1)?.id, "another/300/end"]) {
      expect(await events("ann", last)).toEqual({ status: 204, found: [] }); // which ends it
    }
    expect(idsOf((await events("ann", "another/300")).found)).toHaveLength(15 * 20);
  });

  test("a source that is too slow fails by itself, and the rest stays", async () => {
    const { found } = await events("ben");
    expect(found.filter(({ type }) => type === "feed_error").map(({ data }) => data)).toEqual([
      { source: "reports", error: "took too long" },
    ]);
    expect(found.at(-1)?.type).toBe("feed_complete");
    expect(idsOf(found)).toHaveLength(14 * 20);
  });

  test("once it was kept long enough the next reader has it made anew", async () => {
    const brief = await startBackend({ database: database?.url ?? "", keep: 200 });
    const ask = async () => (await fetch(`${brief.url}feed/ann?limit=1`)).json();
    const figures = async () => (await (await fetch(brief.metrics)).json()).on_demand;
    await ask();
    await brief.pool.query("update feed_item set title = title || '!' where person = 'ann'");
    await expect.poll(async () => (await figures()).kept, { timeout: 20_000 }).toBe(0);
    expect((await ask()).items[0].title).toMatch(/!$/);
    expect((await figures()).started).toBe(2);
    await brief.close();
  });

  test("the page's folder is all that it serves, and nothing where the page is not built", async () => {
    const status = async (page: string, path: string): Promise<number | undefined> => {
      const served = await startBackend({ database: database?.url ?? "", page });
      const request = get({ port: new URL(served.url).port, path }); // as it is, unlike fetch
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.resume();
      await served.close();
      return response.statusCode;
    };
    const folder = fileURLToPath(new URL("page", import.meta.url));
    expect(await status(folder, "/")).toBe(200);
    for (const path of ["/none.js", "/../main.ts", "/%2e%2e/main.ts", "/..%2fmain.ts", "/%00"]) {
      expect([path, await status(folder, path)]).toEqual([path, 404]);
    }
    expect(await status(`${folder}/none`, "/")).toBe(404);
  });

  test("nobody's feed is an error that says so", async () => {
    const response = await fetch(`${backend.url}feed/zoe`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: { code: "unknown_person", message: "there is no zoe" } },
    ]);
  });
});

/** The connections that are there, idle. */
async function connections({ pool }: Backend) {
  const idle = await Promise.all(Array.from({ length: pool.idleCount }, () => pool.connect()));
  for (const client of idle) client.release();
  return idle;
}
