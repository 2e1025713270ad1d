import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Log, LogNews, LogRecord } from "../log.js";
import { logContract } from "./log-contract.js";
import { MemoryLog } from "./memory-log.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What the contract says of a log that is wrong in some way. */
async function failures(make: () => Log, title: string): Promise<string[]> {
  const cases: { readonly name: string; readonly run: () => Promise<void> }[] = [];
  logContract({
    test: (name, run) => cases.push({ name, run }),
    make: async () => {
      const log = make();
      return { log, close: async () => undefined };
    },
  });
  const failed: string[] = [];
  for (const { name, run } of cases.filter((one) => one.name.includes(title))) {
    let isOver = false;
    const outcome = run()
      .catch(() => failed.push(name))
      .finally(() => {
        isOver = true;
      });
    while (!isOver) await vi.advanceTimersByTimeAsync(100);
    await outcome;
  }
  return failed;
}

type Wrong = Partial<{
  readonly [method in keyof Log]: Log[method] extends (...args: infer Args) => infer Answer
    ? (right: MemoryLog, ...args: Args) => Answer
    : never;
}>;

/** A log that does some things in another way. */
const wrongly = (wrong: Wrong): Log =>
  new Proxy(new MemoryLog(), {
    get(right, name) {
      const method: unknown = Reflect.get(wrong, name);
      const own: unknown = Reflect.get(right, name);
      if (typeof method === "function") return method.bind(undefined, right);
      return typeof own === "function" ? own.bind(right) : own;
    },
  });

/** A log that has another name for a channel. */
const renamed = (rename: (channel: string) => string): Log =>
  wrongly({
    append: (right, channel, ...rest) => right.append(rename(channel), ...rest),
    read: (right, channel, ...rest) => right.read(rename(channel), ...rest),
    compact: (right, channel, ...rest) => right.compact(rename(channel), ...rest),
    follow: (right, channel, ...rest) => right.follow(rename(channel), ...rest),
    delete: (right, channel) => right.delete(rename(channel)),
  });

const stored = (change: (data: Uint8Array) => Uint8Array): Log =>
  wrongly({
    append: (right, channel, after, record, unfinished) =>
      right.append(channel, after, { ...record, data: change(record.data) }, unfinished),
  });

const told = (change: (news: LogNews) => LogNews | undefined): Log =>
  wrongly({
    follow: (right, channel, tell) =>
      right.follow(channel, (news) => {
        const other = change(news);
        if (other) tell(other);
      }),
  });

/** The end of a channel, as something that is not one step with the append. */
const endOf = async (right: MemoryLog, channel: string) => {
  const { records, snapshot } = await right.read(channel);
  return records.at(-1) ?? snapshot ?? { index: 0, tag: "" };
};

const rows: readonly (readonly [string, string, () => Log])[] = [
  [
    "compares no tags",
    "after a place that is not there",
    () =>
      wrongly({
        append: async (right, channel, after, record, unfinished) => {
          const end = await endOf(right, channel);
          const at = after.index === end.index ? end : after;
          return right.append(channel, at, record, unfinished);
        },
      }),
  ],
  [
    "looks first and appends then",
    "append that are at the same place",
    () =>
      wrongly({
        append: async (right, channel, after, record, unfinished) => {
          const { tag } = await endOf(right, channel);
          if (tag !== after.tag) return right.append(channel, after, record, unfinished);
          for (;;) {
            const end = await endOf(right, channel);
            const answer = await right.append(channel, end, record, unfinished);
            if (answer.type === "appended") return answer;
          }
        },
      }),
  ],
  [
    "says nothing of what follows",
    "after a place that is passed",
    () =>
      wrongly({
        append: async (right, ...args) => {
          const answer = await right.append(...args);
          if (answer.type === "appended") return answer;
          return { type: "conflict", contents: { continues: true, records: [] } };
        },
      }),
  ],
  [
    "reads everything",
    "reads what follows a place",
    () => wrongly({ read: (right, channel) => right.read(channel) }),
  ],
  [
    "keeps nothing before a snapshot",
    "keeps records from before a snapshot",
    () => wrongly({ compact: (right, channel, snapshot) => right.compact(channel, snapshot, 0) }),
  ],
  [
    "keeps everything before a snapshot",
    "puts a snapshot in place",
    () => wrongly({ compact: (right, channel, snapshot) => right.compact(channel, snapshot, 99) }),
  ],
  [
    "does not compact",
    "goes on after a snapshot",
    () => wrongly({ compact: async () => undefined }),
  ],
  [
    "takes any snapshot",
    "that is older",
    () => {
      const snapshots = new Map<string, LogRecord>();
      return wrongly({
        compact: async (_, channel, snapshot) => {
          snapshots.set(channel, snapshot);
        },
        read: async (right, channel, after) => {
          const snapshot = snapshots.get(channel);
          const contents = await right.read(channel, after);
          return { ...contents, continues: false, ...(snapshot && { snapshot }) };
        },
      });
    },
  ],
  ["deletes nothing", "deletes a channel", () => wrongly({ delete: async () => undefined })],
  [
    "tells no tag of the one before",
    "tells of records",
    () => told((news) => ("before" in news ? { ...news, before: "" } : news)),
  ],
  ["tells nothing", "tells of the first record", () => told(() => undefined)],
  [
    "tells of no deletion",
    "tells of a channel's deletion",
    () => told((news) => (news.type === "deleted" ? undefined : news)),
  ],
  [
    "tells on and on",
    "tells nothing once it is stopped",
    () =>
      wrongly({
        follow: (right, channel, tell) => {
          right.follow(channel, tell);
          return () => undefined;
        },
      }),
  ],
  [
    "tells of what was refused",
    "of nothing that was not appended",
    () => {
      const tells: ((news: LogNews) => void)[] = [];
      return wrongly({
        follow: (right, channel, tell) => {
          tells.push(tell);
          return right.follow(channel, tell);
        },
        append: (right, channel, after, record, unfinished) => {
          for (const tell of tells) tell({ type: "record", record, before: after.tag });
          return right.append(channel, after, record, unfinished);
        },
      });
    },
  ],
  ["takes names to be one", "every name of a channel", () => renamed((name) => name.normalize())],
  ["cuts names", "every name of a channel", () => renamed((name) => name.slice(0, 255))],
  ["ends names at NUL", "every name of a channel", () => renamed((name) => name.split("\0")[0]!)],
  ["tells by a pattern", "of no other channel", () => renamed((name) => name.replace("*", ""))],
  [
    "takes bytes for text",
    "any bytes",
    () => stored((data) => new TextEncoder().encode(new TextDecoder().decode(data))),
  ],
  [
    "stores the whole buffer",
    "part of a larger buffer",
    () => stored(({ buffer }) => new Uint8Array(buffer)),
  ],
  [
    "forgets nobody",
    "forgets who gives no sign of life",
    () => wrongly({ renew: (right, lease) => right.renew({ ...lease, duration: 1e9 }) }),
  ],
  [
    "lets nobody leave",
    "forgets who leaves",
    () =>
      wrongly({
        renew: (right, lease) => right.renew({ ...lease, duration: lease.duration || 1000 }),
      }),
  ],
  [
    "has a new name each time",
    "has a name of its own",
    () =>
      wrongly({
        renew: async (right, lease) => ({
          ...(await right.renew(lease)),
          incarnation: `${Math.random()}`,
        }),
      }),
  ],
  [
    "has a clock that begins at 0",
    "has a clock",
    () => wrongly({ renew: async (right, lease) => ({ ...(await right.renew(lease)), now: 5 }) }),
  ],
  [
    "names no orphans",
    "whose server is gone",
    () =>
      wrongly({ renew: async (right, lease) => ({ ...(await right.renew(lease)), orphans: [] }) }),
  ],
  [
    "forgets who sees to what",
    "that somebody sees to",
    () => wrongly({ renew: (right, lease) => right.renew({ ...lease, channels: [] }) }),
  ],
  [
    "does not take work for finished",
    "whose last record left nothing to do",
    () =>
      wrongly({
        append: (right, channel, after, record) => right.append(channel, after, record, true),
      }),
  ],
  [
    "remembers unfinished work of what it did not append alone",
    "whose last record left nothing to do",
    () =>
      wrongly({
        append: (right, channel, after, record) => right.append(channel, after, record, false),
      }),
  ],
];

test.each(rows)("the contract finds a log that %s", async (_, title, make) => {
  expect(await failures(make, title)).toHaveLength(1);
});
