import type { Results } from "../results.js";
import { type Comparison, closest, comparisons, EDITS, OURS } from "./comparisons.js";

/** A value and its bound. */
export interface Condition {
  /** What is asked: all of one name have one bound. */
  readonly what: string;
  /** An input, a layer or a number. */
  readonly on: string;
  readonly value: number;
  readonly bound: number;
  /** Whether the bound is the least that holds, not the most. */
  readonly isAtLeast?: boolean;
  /** What one must know beside it. */
  readonly note?: string;
}

/** Whether a value is inside its bound; one that is no number is not. */
export const holds = ({ value, bound, isAtLeast }: Condition): boolean =>
  isAtLeast ? value >= bound : value <= bound;

/** By what share of its bound a value is past it. */
export const missedBy = ({ value, bound }: Condition): number => Math.abs(value / bound - 1);

/** Characters from which CPU must be near the fastest. */
const LARGE = 100_000;
const KIB = 1024;

const worst = (comparison: Comparison, what: string, bound: number): Condition[] => {
  const best = closest(comparison);
  if (best === undefined) return [];
  const note = best.peer;
  return [{ what, on: comparison.on, value: 1 / best.advantage, bound, note }];
};

const named = (all: readonly Comparison[], what: string): readonly Comparison[] =>
  all.filter((comparison) => comparison.what === what);

function bytes(results: Results, all: readonly Comparison[]): Condition[] {
  const takeover = Object.entries(results.wire ?? {}).flatMap(([on, peers]) => {
    const ours = peers[OURS];
    if (ours?.takeover === undefined) return [];
    return [
      {
        what: "bytes compressed, to our own frames with context takeover",
        on,
        value: ours.deflated / ours.takeover,
        bound: 1.02,
      },
    ];
  });
  return [
    ...named(all, "bytes, plain").flatMap((c) => worst(c, "bytes plain, to the best peer", 1)),
    ...named(all, "bytes, compressed").flatMap((c) =>
      worst(c, "bytes compressed, to the best peer with context takeover", 1),
    ),
    ...takeover,
  ];
}

/** Whether the raw text of an input is large. */
function isLarge(results: Results, input: string): boolean {
  const ours = results.wire?.[input]?.[OURS];
  return ours !== undefined && ours.bytes / ours.ratio >= LARGE;
}

function cpu(results: Results, all: readonly Comparison[]): Condition[] {
  const near = ["encode", "apply"].flatMap((step) =>
    named(all, `CPU to ${step}`)
      .filter(({ on }) => isLarge(results, on))
      .flatMap((c) => worst(c, `CPU to ${step} from 100 KB up, to the fastest`, 1.2)),
  );
  const growing = ["encode", "apply"].flatMap((step) =>
    named(all, `CPU to ${step}, growing`)
      .filter(({ size = 0 }) => size >= LARGE)
      .flatMap((c) => worst(c, `CPU to ${step} from 100 KB up, to the fastest`, 1.2)),
  );
  const tool = results.cpu?.["tool-argument"];
  const [ours, reader] = [tool?.[OURS], tool?.["ai-sdk"]];
  const times = ours &&
    reader && {
      what: "CPU to apply and read 64,000 deltas of a tool argument, of the AI SDK's reader to ours",
      on: "",
      value: reader.read / ours.read,
      bound: 20,
      isAtLeast: true,
    };
  return [...near, ...growing, ...(times ? [times] : [])];
}

/** Layers of which the growth is bounded; peers and a look at the whole text are not. */
const LAYERS = ["encoder", "server", "decoder"];

function growth({ growth, claims }: Results): Condition[] {
  const flat = ["append", "backEdit"].flatMap((op) =>
    LAYERS.flatMap((layer) => {
      const row = growth?.[op]?.[layer];
      if (row === undefined) return [];
      const what = "a call on 10 MB, to one on 1 KB";
      return [{ what, on: `${EDITS[op]}, ${layer}`, value: row.slope, bound: 2 }];
    }),
  );
  const budgets = Object.values(claims ?? {}).map(({ what, figure, budget }) => ({
    what,
    on: "",
    value: figure,
    bound: budget,
  }));
  return [...flat, ...budgets];
}

function fanout({ fanout, fanoutTen }: Results): Condition[] {
  const to = "1000";
  const { deltawire, "socket-io": socketIo } = fanout?.[to] ?? {};
  const least = (what: string, bound: number, value: number | undefined): Condition[] =>
    value === undefined ? [] : [{ what, on: "", value, bound, isAtLeast: true }];
  const rate = "deliveries a second to 1,000, to bare ws";
  const cpu = "CPU a delivery to 1,000, of Socket.IO to ours";
  return [
    ...least(`${rate}: one frame a turn`, 0.9, deltawire?.toWs.perSecond),
    ...least(`${rate}: ten due together`, 3, fanoutTen?.[to]?.[OURS]?.toWs.perSecond),
    ...least(cpu, 2, socketIo && deltawire && socketIo.cpuPerMessage / deltawire.cpuPerMessage),
  ];
}

function memory({ effort, idle, stalled, latejoin }: Results): Condition[] {
  const found: Condition[] = [];
  const subscriber = idle?.[OURS];
  if (subscriber) {
    const value = subscriber.aboveWs;
    found.push({
      what: "bytes of an idle subscriber above bare ws",
      on: "",
      value,
      bound: 4 * KIB,
    });
  }
  const consumer = stalled?.[OURS];
  if (consumer) {
    const what = "bytes of a stalled consumer of 20 MB";
    // What the operating system counts is rough: it takes several rounds to tell.
    const note = effort === "full" ? {} : { note: "one round, which is rough" };
    const { bytesPerConsumer: process, heldPerConsumer: held } = consumer;
    found.push({ what, on: "process", value: process, bound: 50 * KIB, ...note });
    found.push({ what, on: "heap and external memory", value: held, bound: 50 * KIB });
  }
  for (const [tokens, peers] of Object.entries(latejoin ?? {})) {
    const ours = peers[OURS];
    if (ours?.budget === undefined) continue;
    const what = "bytes of a late join, to N + 200 + 32 a part + 64 a message";
    found.push({ what, on: `${tokens} tokens`, value: ours.bytes / ours.budget, bound: 1 });
  }
  return found;
}

function database({ database }: Results): Condition[] {
  const row = database?.[OURS];
  if (row === undefined) return [];
  const what = (kind: string): string => `${kind} of PostgreSQL for 1,000 tokens in 10 s`;
  return [
    { what: what("reads"), on: "", value: row.reads, bound: 1 },
    { what: what("throttled writes"), on: "", value: row.writes, bound: 50 },
    { what: what("final writes"), on: "", value: row.finalWrites, bound: 1 },
  ];
}

/** The way of ours that is for long texts. */
const FLAT = "bindText";

function screen({ screen }: Results): Condition[] {
  if (!screen) return [];
  const updates = Object.values(screen.growing).map((ways) => ways[FLAT]?.task ?? Number.NaN);
  const value = Math.max(...updates) / Math.min(...updates);
  const { [OURS]: ours, useChat } = screen.turn;
  const busy = (useChat?.busy ?? Number.NaN) / (ours?.busy ?? Number.NaN);
  return [
    {
      what: "an update on the screen by bindText, on the longest text to the shortest",
      on: "",
      value,
      bound: 2,
    },
    {
      what: "main thread for a turn, of useChat to ours",
      on: "",
      value: busy,
      bound: 2,
      isAtLeast: true,
    },
  ];
}

/** Without compression, to the same frames as JSON. */
function payload({ payload = {} }: Results): Condition[] {
  return Object.entries(payload).flatMap(([on, { JSON: json, "+ timestamps": compact }]) => {
    if (!json || !compact) return [];
    return [{ what: COMPACT, on, value: compact.bytes / json.bytes, bound: 0.6 }];
  });
}

const COMPACT = "bytes of ordinary messages, compact, to the same frames as JSON";

/** Everything that must hold and was measured, in order. */
export function conditions(results: Results): Condition[] {
  const all = comparisons(results);
  const { targets: asked, terminal, feed, graph } = results;
  const rows = [
    asked,
    results["agent-thread"],
    terminal,
    feed,
    graph,
    results["team-chat"],
  ].flatMap((named) => Object.values(named ?? {}));
  const targets = rows.map(({ what, unit, value, target, isAtLeast }) => ({
    what: `${what} (${unit})`,
    on: "",
    value,
    bound: target,
    ...(isAtLeast !== undefined && { isAtLeast }),
  }));
  return [
    ...bytes(results, all),
    ...cpu(results, all),
    ...growth(results),
    ...database(results),
    ...fanout(results),
    ...memory(results),
    ...screen(results),
    ...payload(results),
    ...targets,
  ];
}
