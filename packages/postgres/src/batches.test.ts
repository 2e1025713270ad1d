import { describe, expect, it } from "vitest";
import { batches } from "./batches.js";
import { grown, saveOf, whole } from "./testing/saves.js";

const MB = 1_048_576;

/** What a call says, in words. */
const read = (
  channels: string,
): readonly { channel: string; wholes: unknown[]; patches: unknown[] }[] => JSON.parse(channels);

describe("batches", () => {
  it("makes one call of many channels, in the order in which all servers lock them", () => {
    const saves = ["c", "a", "b"].map((name) => saveOf(name, 1, [whole("m", 1, "text")]));
    const [batch, ...others] = batches(saves);
    expect(others).toEqual([]);
    expect(batch?.saves.map(({ channel }) => channel)).toEqual(["a", "b", "c"]);
    expect(batch?.calls).toHaveLength(1);
    expect(read(batch!.calls[0]!.channels).map(({ channel }) => channel)).toEqual(["a", "b", "c"]);
    expect(batch?.calls[0]?.contents).toHaveLength(3);
  });

  it("lets each message find its content, whole or changed", () => {
    const save = saveOf("c", 2, [grown("p", 1, 0, "second"), whole("w", 1, "first")]);
    const { channels, contents } = batches([save])[0]!.calls[0]!;
    expect(read(channels)[0]).toMatchObject({
      wholes: [{ id: "w", content: 1 }],
      patches: [{ id: "p", content: 2 }],
    });
    expect(contents.map((json) => JSON.stringify(JSON.parse(json)))).toEqual([
      expect.stringContaining("first"),
      expect.stringContaining("second"),
    ]);
  });

  it("keeps two saves of a channel apart, and in their order", () => {
    const saves = [saveOf("a", 1, []), saveOf("a", 2, []), saveOf("b", 1, [])];
    const seqs = batches(saves).map((batch) =>
      batch.saves.map(({ channel, seq }) => channel + seq),
    );
    expect(seqs).toEqual([["a1", "b1"], ["a2"]]);
  });

  it("begins another batch before one is too large", () => {
    const saves = [1, 2, 3].map((n) => saveOf(`c${n}`, 1, [whole("m", 1, "x".repeat(3 * MB))]));
    expect(batches(saves).map((batch) => batch.saves.length)).toEqual([2, 1]);
  });

  it("saves a channel that is too much for one call in several, by itself", () => {
    const messages = [0, 1, 2, 3].map((n) => whole(`m${n}`, n, "x".repeat(3 * MB)));
    const result = batches([saveOf("a", 1, []), saveOf("b", 1, messages), saveOf("c", 1, [])]);
    expect(
      result.map(({ saves, calls }) => [saves.map((s) => s.channel).join(), calls.length]),
    ).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 1],
    ]);
    const ids = result[1]?.calls.flatMap(({ channels }) => read(channels)[0]?.wholes);
    expect(ids).toMatchObject([{ id: "m0" }, { id: "m1" }, { id: "m2" }, { id: "m3" }]);
  });

  it("has a call for whatever is too large, and for no message at all", () => {
    const large = saveOf("a", 1, [whole("m", 1, "x".repeat(9 * MB))]);
    const head = saveOf("b", 1, [], { attributes: { note: "x".repeat(9 * MB) } });
    expect(batches([large, head]).map(({ calls }) => calls.length)).toEqual([1, 1]);
    expect(batches([])).toEqual([]);
  });
});
