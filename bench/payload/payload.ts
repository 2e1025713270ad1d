import { deflateRawSync } from "node:zlib";
import {
  apply,
  ChannelState,
  CodecContext,
  SharedFrame,
  snapshotFrames,
} from "@deltawire/protocol";
import type { Change, ChangesFrame, SnapshotFrame } from "@deltawire/spec";
import type { Effort, Named, PayloadRow } from "../results.js";
import { Rounds, timed } from "../statistics.js";
import { bytesOf } from "../wire/framing.js";
import { chat, type Script, workflow } from "./messages.js";

/** Who reads compressed forms of a frame: below some, and some size, it is not worth making one. */
const TAKERS = 100;

/** As the server has it. */
const deflate = (bytes: Uint8Array, dictionary: Uint8Array): Uint8Array =>
  deflateRawSync(bytes, dictionary.length > 0 ? { level: 9, dictionary } : { level: 3 });

const COUNTS: Readonly<Record<Effort, { readonly messages: number; readonly rounds: number }>> = {
  smallest: { messages: 20, rounds: 1 },
  quick: { messages: 200, rounds: 15 },
  full: { messages: 1000, rounds: 51 },
};

/** A script as frames, and the states around them. */
class Run {
  readonly frames: ChangesFrame[] = [];
  readonly states: ChannelState[] = [ChannelState.of("e")];

  constructor(script: Script) {
    for (const changes of script) {
      const before = this.last;
      const versions = { from: before.seq, to: before.seq + 1 };
      const frame = { type: "changes", channel: "room", ...versions, changes } as const;
      this.frames.push(frame);
      this.states.push(apply(before, frame));
    }
  }

  get last(): ChannelState {
    return this.states.at(-1) as ChannelState; // there is one from the beginning
  }
}

/** What an application would send by itself: the message, or the patch, as JSON. */
const bare = (changes: readonly Change[]): string =>
  JSON.stringify(changes, (_, value) => (value instanceof Uint8Array ? undefined : value));

/** Times that no timestamp stands for: a layer without them has as many bytes in everything else. */
const unlike = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replace(/(T\d\d:\d\d:\d\d(?:\.\d{3})?)Z"/g, '$1z"'));

interface Layers {
  readonly json: number;
  readonly plain: number;
  readonly squeezed: number;
}

/** Bytes of frames one after the other, in one codec context. */
function bytesIn(run: Run, isCompact: boolean): Layers {
  const context = new CodecContext(0, isCompact);
  context.recent = new Uint8Array();
  const sums = { json: 0, plain: 0, squeezed: 0 };
  run.frames.forEach((frame, i) => {
    const before = run.states[i] as ChannelState; // there is one more than frames
    const compression = { deflate, before, takers: TAKERS, compactTakers: TAKERS };
    const contexts = isCompact ? { compact: context } : { plain: context };
    const shared = new SharedFrame(frame, contexts, { compression });
    add(sums, shared, isCompact);
  });
  return sums;
}

/** Bytes of the snapshot that a late joiner gets. */
function bytesOfJoin(state: ChannelState, isCompact: boolean): Layers {
  const context = CodecContext.of(state, isCompact);
  const sums = { json: 0, plain: 0, squeezed: 0 };
  for (const chunk of snapshotFrames("room", state, 1) as Iterable<SnapshotFrame>) {
    const contexts = isCompact ? { compact: context } : { plain: context };
    add(sums, new SharedFrame(chunk, contexts, { compression: { deflate } }), isCompact);
  }
  return sums;
}

function add(
  sums: { json: number; plain: number; squeezed: number },
  shared: SharedFrame,
  isCompact: boolean,
): void {
  const packed = shared.packed(isCompact);
  sums.json += bytesOf("websocket", shared.json);
  sums.plain += bytesOf("websocket", Buffer.from(packed.plain));
  sums.squeezed += bytesOf("websocket", Buffer.from(packed.compressed));
}

/** Layer by layer; a message's mean. */
function layersOf(
  count: number,
  own: number | undefined,
  of: (isCompact: boolean, hasTimes: boolean) => Layers,
): Named<PayloadRow> {
  const [usual, compact] = [of(false, true), of(true, true)];
  const row = (bytes: number): PayloadRow => ({ bytes: bytes / count });
  return {
    ...(own !== undefined && { "as the application's own JSON": row(own) }),
    JSON: row(usual.json),
    MessagePack: row(usual.plain),
    "+ keys by number": row(of(true, false).plain),
    "+ timestamps": row(compact.plain),
    "+ compressed": row(compact.squeezed),
    "compressed, not compact": row(usual.squeezed),
  };
}

function timesOf(run: Run, rounds: number): Named<PayloadRow["encode"]> {
  const encode = (name: string, isCompact: boolean) => () => {
    const context = new CodecContext(0, isCompact);
    const contexts = isCompact ? { compact: context } : { plain: context };
    const taken = timed(1, () => {
      for (const frame of run.frames) new SharedFrame(frame, contexts);
    });
    return { [name]: taken / run.frames.length };
  };
  const things = [encode("MessagePack", false), encode("+ timestamps", true)];
  const measured = Rounds.run(rounds, 3, things);
  return { MessagePack: measured.of("MessagePack"), "+ timestamps": measured.of("+ timestamps") };
}

/**
 * Bytes of ordinary messages of a room and of a workflow, as they come and as a late joiner gets them,
 * layer by layer; what encoding takes plain and compact.
 */
export async function measurePayload(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<Named<PayloadRow>>> {
  const { messages, rounds } = COUNTS[effort];
  const scripts = { chat: chat(messages), workflow: workflow(Math.ceil(messages / 4)) };
  const measured: Record<string, Named<PayloadRow>> = {};
  for (const [name, script] of Object.entries(scripts)) {
    progress(`payload: ${name}`);
    const run = new Run(script);
    const timeless = new Run(unlike(script));
    const own = script.reduce((sum, changes) => sum + bytesOf("websocket", bare(changes)), 0);
    const pick = (hasTimes: boolean) => (hasTimes ? run : timeless);
    const layers = layersOf(script.length, own, (isCompact, hasTimes) =>
      bytesIn(pick(hasTimes), isCompact),
    );
    const times = timesOf(run, rounds);
    measured[name] = Object.fromEntries(
      Object.entries(layers).map(([layer, row]) => {
        const encode = times[layer];
        return [layer, { ...row, ...(encode && { encode }) }];
      }),
    );
    measured[`${name}, late join`] = layersOf(script.length, undefined, (isCompact, hasTimes) =>
      bytesOfJoin(pick(hasTimes).last, isCompact),
    );
  }
  return measured;
}
