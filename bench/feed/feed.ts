import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect } from "@deltawire/client";
import { startBackend } from "../../examples/feed/backend.js";
import { QUERY, SOURCES, type Source } from "../../examples/feed/queries.js";
import { CountingDatabase } from "../database/counted.js";
import type { Effort, Named, TargetRow } from "../results.js";
import { atMost } from "../targets/row.js";

/** Times that each way is measured; the medians count. */
const RUNS: Readonly<Record<Effort, number>> = { smallest: 1, quick: 5, full: 21 };

/** Milliseconds that a feed is kept, so that the next one is made anew. */
const KEEP = 150;

/** Milliseconds until there was something, and until there was all of it. */
interface Times {
  readonly first: number;
  readonly complete: number;
}

/**
 * A feed of 15 queries in three groups of latency: one after the other, all at once and answered when
 * all are there, streamed by `examples/feed`, and from its memory.
 *
 * @throws Error where a feed is not whole
 */
export async function measureFeed(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<TargetRow>> {
  const rows = await CountingDatabase.with(async ({ url }) => {
    const backend = await startBackend({ database: url, keep: KEEP });
    const query = ({ name, delay }: Source) =>
      backend.pool.query(QUERY, ["ann", name, 20, delay / 1000]);
    const sequential = async (): Promise<Times> => {
      const start = performance.now();
      for (const source of SOURCES) await query(source);
      const complete = performance.now() - start;
      return { first: complete, complete };
    };
    const concurrent = async (): Promise<Times> => {
      const start = performance.now();
      await Promise.all(SOURCES.map(query));
      const complete = performance.now() - start;
      return { first: complete, complete };
    };
    try {
      await concurrent(); // connections are there
      const runs = RUNS[effort];
      progress("feed: one query after the other, and all at once");
      const before = {
        sequential: await median(runs, sequential),
        concurrent: await median(runs, concurrent),
      };
      progress("feed: streamed");
      const streamed = await median(runs, () => streamedOnce(backend.wire));
      const events = await median(runs, () => eventsOnce(backend.url));
      progress("feed: from memory");
      const keeper = connect(backend.wire);
      const stop = keeper.channel("feed/ann").subscribe(() => undefined);
      await streamedOnce(backend.wire, 0);
      const cached = await median(runs, () => streamedOnce(backend.wire, 0));
      stop();
      await keeper.close();
      return { ...before, streamed, events, cached };
    } finally {
      await backend.close();
    }
  });
  if (!rows) return {};
  const { sequential, concurrent, streamed, events, cached } = rows;
  const first = { "one after the other": sequential.first, "all at once": concurrent.first };
  const complete = {
    "one after the other": sequential.complete,
    "all at once": concurrent.complete,
  };
  return {
    first: atMost("a feed of 15 queries: its first items", streamed.first, "ms", 200, {
      ...first,
      "over server-sent events": events.first,
    }),
    complete: atMost("all of it", streamed.complete, "ms", 1000, {
      ...complete,
      "over server-sent events": events.complete,
    }),
    cached: atMost("all of it, from memory", cached.complete, "ms", 50, {}),
  };
}

/** A reader who comes when the feed was forgotten, with a connection of its own. */
async function streamedOnce(wire: string, pause: number = 2 * KEEP): Promise<Times> {
  await new Promise((later) => setTimeout(later, pause));
  const start = performance.now();
  const reader = connect(wire);
  const feed = reader.channel("feed/ann");
  let first: number | undefined;
  await new Promise<void>((done) => {
    feed.subscribe(() => {
      const { messages, closed } = feed.state;
      if (messages.some(({ kind }) => kind === "item")) first ??= performance.now() - start;
      if (closed) done();
    });
  });
  const complete = performance.now() - start;
  if (feed.state.messages.length !== 15 * 21) throw new Error("the feed is not whole");
  await reader.close();
  return { first: first ?? complete, complete };
}

/** The same as server-sent events. */
async function eventsOnce(url: string): Promise<Times> {
  await new Promise((later) => setTimeout(later, 2 * KEEP));
  const start = performance.now();
  const [response] = (await once(get(`${url}feed/ann/events`), "response")) as [IncomingMessage];
  let first: number | undefined;
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.includes("feed_items")) first ??= performance.now() - start;
  }
  const complete = performance.now() - start;
  if (!text.includes('"total":300')) throw new Error("the feed is not whole");
  return { first: first ?? complete, complete };
}

async function median(runs: number, run: () => Promise<Times>): Promise<Times> {
  const all: Times[] = [];
  for (let i = 0; i < runs; i++) all.push(await run());
  const middle = (of: (times: Times) => number): number =>
    all.map(of).sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
  return { first: middle(({ first }) => first), complete: middle(({ complete }) => complete) };
}
