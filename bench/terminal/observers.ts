// Many who watch a terminal, in a process of their own; terminal.ts starts it.
import { obey } from "../fanout/child.js";
import { until } from "../targets/consumer.js";
import { Watcher } from "./watcher.js";

/** What they are told. */
export type ObserversOrder =
  | { readonly type: "join"; readonly url: string; readonly count: number }
  /** When what was at each position was typed. */
  | { readonly type: "compare"; readonly typed: readonly (readonly [number, number])[] }
  | { readonly type: "leave" };

/** What they say. */
export interface ObserversAnswer {
  /** How many of them are live. */
  readonly live: number;
  /** Milliseconds from each key to each of them. */
  readonly delays: readonly number[];
}

let watchers: Watcher[] = [];

obey<ObserversOrder>({}, async (order): Promise<ObserversAnswer> => {
  if (order.type === "leave") {
    await Promise.all(watchers.splice(0).map((watcher) => watcher.leave()));
  } else if (order.type === "join") {
    watchers = Array.from({ length: order.count }, () => new Watcher(order.url));
    await until(() => watchers.every(({ isLive }) => isLive));
  }
  const typed = order.type === "compare" ? order.typed : [];
  const last = Math.max(0, ...typed.map(([position]) => position));
  await until(() => watchers.every(({ position }) => position >= last));
  const delays = watchers.flatMap(({ seen }) =>
    typed.map(([position, at]) => (firstAt(seen, position) ?? Number.NaN) - at),
  );
  return { live: watchers.filter(({ isLive }) => isLive).length, delays };
});

/** When a position was seen: with what came after it, where frames were composed. */
function firstAt(seen: ReadonlyMap<number, number>, position: number): number | undefined {
  for (const [end, at] of seen) if (end >= position) return at;
  return undefined;
}
