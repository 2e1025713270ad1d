import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect } from "@deltawire/client";
import { startBackend } from "../../examples/feed/backend.js";
import { QUERY, SOURCES, type Source } from "../../examples/feed/queries.js";
import { CountingDatabase } from "../database/counted.js";
import type { Effort, FeedRow, Measured, TargetRow } from "../results.js";
import { type Figure, figureOf } from "../statistics.js";
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
 * @returns nothing where there is no PostgreSQL
 * @throws Error where a feed is not whole
 */
export async function measureFeed(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Pick<Measured, "feed" | "feedWays">> {
  const ways = await CountingDatabase.with(async ({ url }) => {
    const backend = await startBackend({ database: url, keep: KEEP });
    const query = ({ name, delay }: Source) =>
      backend.pool.query(QUERY, ["ann", name, 20, delay / 1000]);
    const atOnce = async (run: () => Promise<unknown>): Promise<Times> => {
      const start = performance.now();
      await run();
      const complete = performance.now() - start;
      return { first: complete, complete };
    };
    const concurrent = () => atOnce(() => Promise.all(SOURCES.map(query)));
    const sequential = () =>
      atOnce(async () => {
        for (const source of SOURCES) await query(source);
      });
    try {
      await concurrent(); // connections are there
      const runs = RUNS[effort];
      progress("feed: one query after the other, and all at once");
      const before = {
        sequential: await figures(runs, sequential),
        concurrent: await figures(runs, concurrent),
      };
      progress("feed: streamed");
      const streamed = await figures(runs, () => streamedOnce(backend.wire));
      const events = await figures(runs, () => eventsOnce(backend.url));
      progress("feed: from memory");
      const keeper = connect(backend.wire);
      const stop = keeper.channel("feed/ann").subscribe(() => undefined);
      await streamedOnce(backend.wire, 0);
      const cached = await figures(runs, () => streamedOnce(backend.wire, 0));
      stop();
      await keeper.close();
      return { ...before, streamed, events, cached };
    } finally {
      await backend.close();
    }
  });
  if (!ways) return { feed: {}, feedWays: {} };
  const { sequential, concurrent, streamed, events, cached } = ways;
  const ms = (figure: Figure, what: string, target: number): TargetRow =>
    atMost(what, figure.median, "ms", target, {});
  return {
    feed: {
      first: ms(streamed.first, "a feed of 15 queries: its first items", 200),
      complete: ms(streamed.complete, "all of it", 1000),
      cached: ms(cached.complete, "all of it, from memory", 50),
    },
    feedWays: {
      "sequential: one query after the other": sequential,
      "concurrent: all at once, one answer": concurrent,
      streamed,
      "streamed, as server-sent events": events,
      cached,
    },
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

async function figures(runs: number, run: () => Promise<Times>): Promise<FeedRow> {
  const all: Times[] = [];
  for (let i = 0; i < runs; i++) all.push(await run());
  return {
    first: figureOf(all.map(({ first }) => first)),
    complete: figureOf(all.map(({ complete }) => complete)),
  };
}
