import { readFileSync } from "node:fs";
import { createCodec, snapshotFrames } from "@deltawire/protocol";
import { type Filter, type Frame, parseFrame, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { Decoder } from "./decoder.js";
import { History } from "./history.js";
import type { ReceivedFrame } from "./outcome.js";

// What spec/vectors/README.md asks of a consumer, asked of this one.

interface FrameStep {
  readonly frame: unknown;
  readonly outcome: string;
  readonly send?: unknown;
  readonly error?: { readonly code: string };
  readonly answer?: {
    readonly type: string;
    readonly send?: unknown;
    readonly error?: { readonly code: string };
  };
}

/** The consumer asks for so many earlier messages. */
interface HistoryStep {
  readonly history: number;
  readonly send: unknown;
}

/** It wants the messages of another filter. */
interface FilterStep {
  readonly filter: Filter | null;
  readonly send: unknown;
}

interface Vector {
  readonly name: string;
  readonly first: { readonly last?: number; readonly filter?: Filter };
  readonly steps: readonly (FrameStep | HistoryStep | FilterStep)[];
  readonly live: boolean;
  readonly held: { readonly epoch: string; readonly seq: number; readonly state: object } | null;
}

const file = new URL("../../../spec/vectors/sequences.json", import.meta.url);
const { vectors }: { readonly vectors: readonly Vector[] } = JSON.parse(readFileSync(file, "utf8"));
const plain = (frame: Frame): unknown =>
  JSON.parse(String(createCodec(SUBPROTOCOLS.json).encode(frame)[0]));

/** What a decoder holds, in the form of the vectors. */
function heldBy({ state }: Decoder): unknown {
  if (!state) return null;
  const [whole] = snapshotFrames("c", state, 0, Number.POSITIVE_INFINITY);
  if (!whole) return expect.fail("no snapshot");
  const { type, channel, request, epoch, seq, ...content } = plain(whole) as Record<
    string,
    unknown
  >;
  expect([type, channel, request]).toEqual(["snapshot", "c", 0]);
  return { epoch, seq, state: content };
}

describe("sequences.json", () => {
  it.each(vectors)("$name", ({ first, steps, live, held }) => {
    const decoder = new Decoder("c", first.last, first.filter);
    expect(plain(decoder.join())).toEqual(first);
    for (const step of steps) {
      if ("filter" in step) {
        expect(plain(decoder.want(step.filter ?? undefined))).toEqual(step.send);
        continue;
      }
      if ("history" in step) {
        const asked = decoder.history(step.history, History);
        expect(asked ? plain(asked) : null).toEqual(step.send);
        continue;
      }
      const { frame, outcome, send, error, answer } = step;
      const result = decoder.receive(parseFrame(frame, "base64") as ReceivedFrame);
      expect(result.type).toBe(outcome);
      if (result.type === "repair") expect(plain(result.send)).toEqual(send);
      if (result.type === "failed") expect(result.error).toMatchObject(error ?? {});
      const { history } = result;
      expect(history?.type).toBe(answer?.type);
      if (history?.type === "again") expect(plain(history.send)).toEqual(answer?.send);
      if (history?.type === "refused") expect(history.error).toMatchObject(answer?.error ?? {});
    }
    expect(decoder.isLive).toBe(live);
    expect(heldBy(decoder)).toEqual(held);
  });
});
