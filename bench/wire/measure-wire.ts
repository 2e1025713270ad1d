import type { Effort, Named, WireRow } from "../results.js";
import { bytesOf, Compressor } from "./framing.js";
import { lossOf } from "./loss.js";
import type { Input, Peer } from "./peer.js";
import { type Bounds, enough, Run } from "./run.js";

const BOUNDS: Readonly<Record<Effort, Bounds>> = {
  smallest: { milliseconds: 100, bytes: 4e6 },
  quick: { milliseconds: 600, bytes: 40e6 },
  full: { milliseconds: 30_000, bytes: 4e9 },
};

/** What a run takes on the wire. */
interface Count {
  readonly bytes: number;
  /** Bytes of the raw text. */
  readonly raw: number;
  /** By the connection's compression. */
  readonly deflated: number;
  readonly messages: number;
  /** How many windows it had. */
  readonly windows: number;
  readonly isWhole: boolean;
}

async function countOf(peer: Peer, input: Input, bounds: Bounds): Promise<Count> {
  const run = await Run.begin(peer, input);
  const compressor = new Compressor(peer.framing);
  let bytes = 0;
  let deflated = 0;
  let messages = 0;
  const windows = await run.play(
    async (message) => {
      bytes += bytesOf(peer.framing, message);
      deflated += await compressor.bytesOf(message);
      messages += 1;
      await run.receiver.receive(message);
    },
    run.windows,
    enough(bounds, () => bytes),
  );
  compressor.close();
  run.check();
  const isWhole = windows === run.windows.length;
  return { bytes, raw: run.truth.raw, deflated, messages, windows, isWhole };
}

async function measure(peer: Peer, input: Input, bounds: Bounds): Promise<WireRow> {
  const count = await countOf(peer, input, bounds);
  const own = peer.compressed && (await countOf(peer.compressed, input, bounds));
  return {
    bytes: count.bytes,
    ratio: count.bytes / count.raw,
    deflated: own ? own.bytes : count.deflated,
    ...(own && { takeover: count.deflated }),
    ...(!count.isWhole && { windows: count.windows }),
    loss: await lossOf(peer, input, count.messages, count.windows),
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
