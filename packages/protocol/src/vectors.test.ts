import { readFileSync } from "node:fs";
import {
  type Change,
  type JsonOperation,
  type JsonValue,
  type Splice,
  SUBPROTOCOLS,
} from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { createCodec } from "./codec.js";
import { compose } from "./compose.js";
import { applyOperation } from "./json-apply.js";
import { addOperations } from "./json-compose.js";
import { sizeOf } from "./size.js";
import { composeSplices } from "./splice-composition.js";
import { checkSplices, spliceString } from "./splices.js";
import {
  changesOf,
  type Expected,
  expectError,
  expectOutcome,
  frameOf,
  plainOf,
  stateOf,
} from "./testing/vectors.js";

const file = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/${name}.json`, import.meta.url), "utf8"));

import { Text } from "./text.js";

interface SpliceVector extends Expected {
  readonly text: string;
  readonly splices?: readonly Splice[];
  readonly first: readonly Splice[];
  readonly second: readonly Splice[];
  readonly composed: readonly Splice[];
  readonly result?: string;
}

describe("splices.json", () => {
  const { vectors } = file("splices") as { vectors: readonly SpliceVector[] };
  const spliced = (text: string, splices: readonly Splice[]): string => {
    checkSplices(Text.of(text), splices);
    return spliceString(text, splices);
  };
  it.each(vectors)("$name", (vector) => {
    const { text, splices, first, second, composed, result } = vector;
    if (splices) {
      expectOutcome(() => spliced(text, splices), vector);
      return;
    }
    expect(spliced(spliced(text, first), second)).toBe(result);
    expect(spliced(text, composed)).toBe(result);
    expect(spliced(text, composeSplices(first, second))).toBe(result);
  });
});

interface OperationsVector extends Expected {
  readonly value: JsonValue;
  readonly operations: readonly JsonOperation[];
}

describe("json-operations.json", () => {
  const { vectors } = file("json-operations") as { vectors: readonly OperationsVector[] };
  it.each(vectors)("$name", (vector) => {
    const { value, operations } = vector;
    const start = { value, size: sizeOf(value) };
    const done = (list: readonly JsonOperation[]) => {
      const { value: result, size } = list.reduce(applyOperation, start);
      expect(size).toBe(sizeOf(result));
      return result;
    };
    expectOutcome(() => done(operations), vector);
    const composed: JsonOperation[] = [];
    addOperations(composed, operations);
    if (!vector.error) expectOutcome(() => done(composed), vector);
  });
});

interface ReducerVector extends Expected {
  readonly state: object;
  readonly changes: readonly Change[];
}

describe("reducer.json", () => {
  const { vectors } = file("reducer") as { vectors: readonly ReducerVector[] };
  it.each(vectors)("$name", (vector) => {
    const state = stateOf(vector.state);
    expectOutcome(() => plainOf(apply(state, changesOf(vector.changes))), vector);
    expect(plainOf(state)).toEqual(vector.state); // whatever happened, it is what it was
  });
});

interface ComposeVector extends Expected {
  readonly state: object;
  readonly first: readonly Change[];
  readonly second: readonly Change[];
  readonly composed: readonly Change[];
  readonly result: object;
}

describe("compose.json", () => {
  const { vectors } = file("compose") as { vectors: readonly ComposeVector[] };
  it.each(vectors)("$name", ({ state, first, second, composed, result }) => {
    const start = stateOf(state);
    const [p, q] = [changesOf(first), changesOf(second, 1)];
    const end = apply(apply(start, p), q);
    expect(plainOf(end)).toEqual(result);
    expect(plainOf(apply(start, changesOf(composed)))).toEqual(result);
    expect(plainOf(apply(start, compose(p, q)))).toEqual(result);
    expect(plainOf(apply(start, compose(p, q, end)))).toEqual(result);
  });
});

describe("json-codec.json", () => {
  const { frames, refused } = file("json-codec") as {
    frames: readonly { name: string; text: string; frame: unknown }[];
    refused: readonly (Expected & { text: string })[];
  };
  it.each(frames)("$name", ({ text, frame }) => {
    const codec = createCodec(SUBPROTOCOLS.json);
    const read = codec.decode(text);
    expect(read).toEqual(frameOf(frame));
    const [written] = codec.encode(frameOf(frame));
    expect(JSON.parse(String(written))).toEqual(frame);
    expect(codec.decode(String(written))).toEqual(read);
  });
  it.each(refused)("refuses $name", ({ text, error }) => {
    expectError(() => createCodec(SUBPROTOCOLS.json).decode(text), error);
  });
});
