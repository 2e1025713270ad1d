import { Random } from "../../sim/random.js";
import type { Effort, LateJoinRow, Named } from "../results.js";
import { bytesOf, Compressor } from "./framing.js";
import { markdownTokens } from "./inputs/tokens.js";
import type { Input, Message, Peer } from "./peer.js";
import { Run } from "./run.js";
import { merge } from "./windows.js";

/** Tokens of the text that one joins. */
const SIZES: readonly number[] = [4_000, 40_000, 400_000];

/** Milliseconds that writing it may take; what is left then comes in one window. */
const PATIENCE: Readonly<Record<Effort, number>> = { smallest: 100, quick: 500, full: 20_000 };

const PART = "text";
/** Tokens of a window: those of 100 ms at 100 a second. */
const WINDOW = 10;
/** What a join of ours may take beyond the text: DESIGN's budget, for one part of one message. */
const BUDGET: number = 200 + 32 + 64;

/** A text of so many tokens: those that there are, again and again. */
function textOf(tokens: readonly string[], count: number): Input {
  const steps: Input["steps"][number][] = [{ at: 0, edits: [{ is: "text", part: PART }] }];
  for (let i = 0; i < count; i += WINDOW) {
    const end = Math.min(i + WINDOW, count);
    const own = Array.from({ length: end - i }, (_, j) => tokens[(i + j) % tokens.length]);
    steps.push({ at: 10 * i, edits: [{ is: "append", part: PART, text: own.join("") }] });
  }
  return { name: "latejoin", title: `${count} tokens`, steps };
}

/** What one who joins is sent. */
interface Join {
  readonly messages: readonly Message[];
  /** How many windows the text was written in, if those are not all. */
  readonly windows?: number;
  /** Bytes of the text. */
  readonly raw: number;
}

async function joinOf(peer: Peer, input: Input, patience: number): Promise<Join> {
  const run = await Run.begin(peer, input);
  const windows = input.steps.map(({ edits }) => edits);
  const start = performance.now();
  let sent = 0;
  while (sent < windows.length && performance.now() - start < patience) {
    run.send(windows[sent++] ?? []);
  }
  const isShortened = sent < windows.length;
  if (isShortened) run.send(merge(windows.slice(sent).flat()));
  const messages = run.sender.join();
  const receiver = peer.receiver(input);
  for (const message of messages) await receiver.receive(message);
  run.check(receiver);
  return { messages, raw: run.truth.raw, ...(isShortened && { windows: sent }) };
}

async function measure(peer: Peer, input: Input, patience: number): Promise<LateJoinRow> {
  const { messages, raw, ...rest } = await joinOf(peer, input, patience);
  const own = peer.compressed && (await joinOf(peer.compressed, input, patience)).messages;
  const compressor = new Compressor(peer.framing);
  const plainly = (message: Message) => bytesOf(peer.framing, message);
  const sum = (of: readonly Message[], bytes: (message: Message) => number) =>
    of.reduce((all, message) => all + bytes(message), 0);
  const deflated = own ? sum(own, plainly) : sum(messages, (one) => compressor.bytesOf(one));
  compressor.close();
  const budget = peer.name === "deltawire" && { budget: raw + BUDGET };
  return { bytes: sum(messages, plainly), deflated, ...budget, ...rest };
}

/**
 * What one who joins a text of 4,000, 40,000 and 400,000 tokens is sent until he shows it, by
 * peers that bring it to him from its beginning in windows of ten tokens.
 *
 * @throws Error where he shows something else
 */
export async function measureLateJoin(
  peers: readonly Peer[],
  effort: Effort,
  progress?: (line: string) => void,
): Promise<Named<Named<LateJoinRow>>> {
  const sizes = effort === "smallest" ? SIZES.slice(0, 1) : SIZES;
  const tokens = await markdownTokens(Math.min(20_000, ...sizes.slice(-1)), new Random(400));
  const rows: Record<string, Record<string, LateJoinRow>> = {};
  for (const size of sizes) {
    const input = textOf(tokens, size);
    const row: Record<string, LateJoinRow> = {};
    for (const peer of peers) {
      if (!peer.unfit?.(input)) row[peer.name] = await measure(peer, input, PATIENCE[effort]);
    }
    rows[size] = row;
    progress?.(`latejoin: ${size} tokens`);
  }
  return rows;
}
