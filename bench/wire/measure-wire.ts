import type { Effort, Named, WireRow } from "../results.js";
import { bytesOf, Compressor } from "./framing.js";
import { lossOf } from "./loss.js";
import type { Input, Peer } from "./peer.js";
import { type Bounds, enough, Run } from "./run.js";
import { Truth } from "./truth.js";

const BOUNDS: Readonly<Record<Effort, Bounds>> = {
  smallest: { windows: 150, bytes: 2e6 },
  quick: { milliseconds: 500, bytes: 10e6 },
  full: { milliseconds: 60_000, bytes: 1e9 },
};

/** What a run takes on the wire. */
interface Count {
  readonly bytes: number;
  /** By the connection's compression. */
  readonly deflated: number;
  /** Bytes of the raw text. */
  readonly raw: number;
  /** How many windows it had. */
  readonly windows: number;
}

async function countOf(run: Run, bounds: Bounds): Promise<Count> {
  const { framing } = run.peer;
  const compressor = new Compressor(framing);
  let bytes = 0;
  let deflated = 0;
  const windows = await run.play(
    async (message) => {
      bytes += bytesOf(framing, message);
      deflated += compressor.bytesOf(message);
      await run.receiver.receive(message);
    },
    run.windows,
    enough(bounds, () => bytes),
  );
  compressor.close();
  run.check();
  return { bytes, deflated, raw: run.truth.raw, windows };
}

const rawOf = new WeakMap<Input, number>();

/** Bytes of the raw text of an input. */
function rawBytes(input: Input): number {
  let raw = rawOf.get(input);
  if (raw === undefined) {
    const truth = new Truth();
    for (const { edits } of input.steps) truth.apply(edits);
    raw = truth.raw;
    rawOf.set(input, raw);
  }
  return raw;
}

async function measure(peer: Peer, input: Input, bounds: Bounds): Promise<WireRow> {
  const run = await Run.begin(peer, input);
  const count = await countOf(run, bounds);
  const { compressed } = peer;
  const same = { windows: count.windows }; // what is compared is of the same windows
  const own = compressed && (await countOf(await Run.begin(compressed, input), same));
  // What was left out is taken to cost as much as what was not: for those that grow, too little.
  const whole = (bytes: number, raw: number) => Math.round((bytes / raw) * rawBytes(input));
  const deflated = whole(count.deflated, count.raw);
  return {
    bytes: whole(count.bytes, count.raw),
    ratio: count.bytes / count.raw,
    ...(own ? { deflated: whole(own.bytes, own.raw), takeover: deflated } : { deflated }),
    ...(count.windows < run.windows.length && { windows: count.windows }),
    loss: await lossOf(peer, input, count.windows),
  };
}

/**
 * What each input costs on the wire by each peer that can carry it.
 *
 * @throws Error where a consumer ends with something else than what was written
 */
export async function measureWire(
  inputs: readonly Input[],
  peers: readonly Peer[],
  effort: Effort,
  progress?: (line: string) => void,
): Promise<Named<Named<WireRow>>> {
  const wire: Record<string, Record<string, WireRow>> = {};
  for (const input of inputs) {
    const rows: Record<string, WireRow> = {};
    for (const peer of peers) {
      if (!peer.unfit?.(input)) rows[peer.name] = await measure(peer, input, BOUNDS[effort]);
    }
    wire[input.name] = rows;
    progress?.(`wire: ${input.name}`);
  }
  return wire;
}
