// Many viewers in a process of their own; graph.ts starts it.
import { obey } from "../fanout/child.js";
import { until } from "../targets/consumer.js";
import { Viewer } from "./viewer.js";

/** A file that was written: what it imports since, its folder, and when. */
export interface Written {
  readonly mark: string;
  readonly folder: string;
  readonly at: number;
}

/** What they are told. */
export type ViewersOrder =
  /** So many, by turns to each server and with each filter. */
  | {
      readonly type: "join";
      readonly urls: readonly string[];
      readonly prefixes: readonly string[];
      readonly count: number;
    }
  | { readonly type: "compare"; readonly written: readonly Written[] }
  /** Do nothing for so long, not even answer. */
  | { readonly type: "freeze"; readonly milliseconds: number }
  /** So many of them. */
  | { readonly type: "leave"; readonly count: number };

/** What they say. */
export interface ViewersAnswer {
  /** How many of them are live. */
  readonly live: number;
  /** Of what each of them was to see: how much it was, and how much came. */
  readonly due: number;
  readonly came: number;
  /** What nobody was to see, and somebody did. */
  readonly strays: number;
  /** Milliseconds from each write to the last one who was to see it. */
  readonly delays: readonly number[];
}

const viewers: { readonly prefix: string; readonly viewer: Viewer }[] = [];

/** What came of what was to come. */
function look(written: readonly Written[]): ViewersAnswer {
  let [due, came, strays] = [0, 0, 0];
  const delays: number[] = [];
  for (const { mark, folder, at } of written) {
    let last = 0;
    for (const { prefix, viewer } of viewers) {
      const seen = viewer.seen.get(mark);
      if (!folder.startsWith(prefix)) strays += seen === undefined ? 0 : 1;
      else {
        due += 1;
        came += seen === undefined ? 0 : 1;
        last = Math.max(last, (seen ?? Number.POSITIVE_INFINITY) - at);
      }
    }
    delays.push(last);
  }
  const live = viewers.filter(({ viewer }) => viewer.isLive).length;
  return { live, due, came, strays, delays: delays.filter(Number.isFinite) };
}

obey<ViewersOrder>({}, async (order): Promise<ViewersAnswer> => {
  if (order.type === "join") {
    const { urls, prefixes } = order;
    for (let i = 0; i < order.count; i++) {
      const prefix = prefixes[Math.floor(i / urls.length) % prefixes.length] ?? "";
      viewers.push({ prefix, viewer: new Viewer(urls[i % urls.length] ?? "", prefix) });
    }
    await until(() => viewers.every(({ viewer }) => viewer.isLive));
  } else if (order.type === "freeze") {
    // After the answer: then nothing runs here, and the connections stay open.
    setImmediate(() =>
      setImmediate(() =>
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.milliseconds),
      ),
    );
  } else if (order.type === "leave") {
    await Promise.all(viewers.splice(0, order.count).map(({ viewer }) => viewer.leave()));
  }
  const written = order.type === "compare" ? order.written : [];
  await until(() => {
    const { due, came } = look(written);
    return came === due;
  });
  return look(written);
});
