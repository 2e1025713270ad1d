import type { Results } from "../bench/results.js";

const flat = { append: 1.1, backEdit: 1.2 };

const growing = (slope: number) => ({ slope, exponent: 0, sizes: { "1000": 900, "100000": 950 } });

const peer = (ns: number) => ({
  ...growing(1),
  encode: { "1000": ns, "100000": ns },
  apply: { "1000": ns, "100000": ns },
});

const layers = (slope: number) => ({
  encoder: growing(slope),
  server: growing(slope),
  decoder: growing(slope),
});

const fanout = (perSecond: number) => ({
  perSecond: 100_000 * perSecond,
  cpuPerMessage: 5 / perSecond,
  p50: 1,
  p99: 2,
  p999: 3,
  toWs: { perSecond, cpuPerMessage: 1 / perSecond },
});

const appends = { perSecond: 9000, cpu: 30, logCpu: 12 };

const idle = (aboveWs: number) => ({ bytesPerConnection: 9000 + aboveWs, resident: 9999, aboveWs });

const screen = (task: number) => ({ task, script: 0.3 * task, layout: 0.5 * task });

const turn = (busy: number) => ({
  commitsPerSecond: 10,
  longTasks: 1,
  longTime: 60,
  busy,
  elapsed: 10.1,
});

/** Results in which everything holds; small, and of nobody's machine. */
export const example: Results = {
  date: "2026-01-02T03:04:05.678Z",
  effort: "quick",
  machine: { cpu: "A processor", cores: 2, memory: 8, system: "Linux", node: "20.19.0" },
  versions: { yjs: "13.0.0" },
  spread: { cpu: { agent: { yjs: { encode: { low: 1000, high: 3000 } } } } },
  wire: {
    agent: {
      deltawire: { bytes: 1200, ratio: 1.2, deflated: 600, takeover: 600, loss: "noticed" },
      yjs: { bytes: 1300, ratio: 1.3, deflated: 900, loss: "unharmed" },
      resend: { bytes: 90_000, ratio: 90, deflated: 5000, windows: 7, loss: "silent" },
    },
    "tool-argument": {
      deltawire: { bytes: 240_000, ratio: 1.2, deflated: 9000, takeover: 9000, loss: "noticed" },
      "ai-sdk": { bytes: 1e6, ratio: 5, deflated: 90_000, loss: "silent" },
    },
  },
  cpu: {
    agent: {
      deltawire: { encode: 1000, apply: 1000, read: 1200, relay: 1500 },
      yjs: { encode: 2000, apply: 900, read: 3000 },
    },
    "tool-argument": {
      deltawire: { encode: 1000, apply: 1000, read: 1000 },
      "ai-sdk": { encode: 2000, apply: 9000, read: 50_000 },
    },
  },
  latejoin: {
    "4000": { deltawire: { bytes: 16_200, budget: 16_296 }, yjs: { bytes: 17_000 } },
  },
  growth: {
    append: { ...layers(flat.append), deltawire: peer(1000), yjs: peer(5000) },
    backEdit: layers(flat.backEdit),
  },
  claims: { "back-edit": { what: "bytes of a back-edit", figure: 52, budget: 200 } },
  fanout: {
    "1000": { deltawire: fanout(0.97), ws: fanout(1), "socket-io": fanout(0.4) },
  },
  fanoutTen: {
    "1000": { deltawire: fanout(6), ws: fanout(1), "socket-io": fanout(0.4) },
  },
  feedWays: {
    "sequential: one query after the other": { first: 2600, complete: 2600 },
    cached: { first: 9.5, complete: 12 },
  },
  database: {
    deltawire: { reads: 1, writes: 48, finalWrites: 1, bytes: 40_000, busy: 2e7 },
    "per-token": { reads: 2000, writes: 2000, finalWrites: 2, bytes: 3e6, busy: 1e8 },
  },
  idle: { deltawire: idle(2000), ws: idle(0) },
  stalled: { deltawire: { bytesPerConsumer: 20_000, heldPerConsumer: 18_000 } },
  scaling: {
    appends: {
      level: { "100x1": { perSecond: 50_000, cpu: 20, toBare: { perSecond: 0.5, cpu: 2 } } },
      redis: { "1000x4": { ...appends, toBare: { perSecond: 0.3, cpu: 3, logCpu: 5 } } },
    },
    contention: { "2": { perSecond: 2000, conflictsPerRecord: 0.5 } },
    costs: { record: { what: "memory of a record", value: 170, unit: "B" } },
    paths: {
      "two-redis": { p50: 1.5, p99: 4, toOne: { p50: 3, p99: 2 } },
    },
  },
  screen: {
    growing: {
      "1024": { bindText: screen(3), setState: screen(3.5) },
      "1048576": { bindText: screen(3.2), setState: screen(250) },
    },
    turn: { deltawire: turn(1.3), useChat: turn(14) },
  },
  payload: { chat: { JSON: { bytes: 500 }, "+ timestamps": { bytes: 150 } } },
  targets: {
    delivery: {
      what: "delivered",
      value: 100,
      unit: "%",
      target: 100,
      isAtLeast: true,
      holds: true,
      details: {},
    },
    p99: { what: "response, p99", value: 9, unit: "ms", target: 50, holds: true, details: {} },
  },
};

/** The example with another value in one place. */
export function withValue(path: string, value: number): Results {
  const changed = structuredClone(example) as Results & Record<string, unknown>;
  const names = path.split(".");
  const last = names.pop() ?? "";
  const holder = names.reduce<Record<string, unknown>>((tree, name) => {
    const below = tree[name];
    if (typeof below !== "object" || below === null) throw new Error(`nothing at ${path}`);
    return below as Record<string, unknown>; // an object, see above
  }, changed);
  if (typeof holder[last] !== "number") throw new Error(`no number at ${path}`);
  holder[last] = value;
  return changed;
}
