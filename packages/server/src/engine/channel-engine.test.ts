import { type Change, LIMITS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { added, append, completed, frame, removed, splice, textPart } from "../testing/changes.js";
import { EngineWriter, startEngine } from "../testing/engine-writer.js";

const error = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });

describe("order", () => {
  test("every append that changes anything takes the next version", () => {
    const { engine, writer } = startEngine();
    expect(writer.append(added("m"))).toEqual({
      frame: { ...frame(0, { ...added("m"), origin: "p" }) },
      ack: { type: "ack", channel: "c", seq: 1 },
    });
    expect(writer.append(append("m", 0, "Hi")).frame).toEqual(frame(1, append("m", 0, "Hi")));
    expect(engine.state).toMatchObject({ epoch: "e", seq: 2 });
    expect(engine.state.message("m")?.text).toBe("Hi");
  });

  test("what changes nothing takes none, and is acknowledged", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m", "Hi"));
    expect(writer.append(added("m", "Hi"))).toEqual({ ack: { type: "ack", channel: "c", seq: 2 } });
    expect(writer.append()).toEqual({ ack: { type: "ack", channel: "c", seq: 3 } });
    expect(engine.state.seq).toBe(1);
    expect(writer.append(append("m", 2, "!")).frame).toMatchObject({ from: 1, to: 2 });
  });

  test("refusals are named in the acknowledgement, the rest of the frame is appended", () => {
    const { engine, writer } = startEngine();
    const other = new EngineWriter(engine, "q");
    writer.append(added("m"));
    const { ack, frame: appended } = other.append(
      append("m", 0, "x"),
      added("n"),
      append("m", 0, "y"),
    );
    expect(ack).toEqual({
      type: "ack",
      channel: "c",
      seq: 1,
      refused: [{ message: "m", code: "not_owner", count: 2 }],
    });
    expect(appended?.changes).toEqual([{ ...added("n"), origin: "q" }]);
  });

  test("refusals are named again to who comes back without having heard of them", () => {
    const { engine, writer } = startEngine();
    const other = new EngineWriter(engine, "q");
    writer.append(added("m"));
    other.append(append("m", 0, "x"));
    other.append(added("n"));
    other.append(append("m", 0, "y"));
    const refusal = { message: "m", code: "not_owner", count: 1 };
    const back = (seq?: number) => engine.attach("q", { seq }).producing.refused;
    expect([back(0), back(1), back(3)]).toEqual([[refusal, refusal], [refusal], undefined]);
    expect(back()).toBeUndefined(); // one that begins
  });

  test("two producers have versions of their own, and do not disturb each other", () => {
    const { engine, writer } = startEngine();
    const other = new EngineWriter(engine, "q");
    writer.append(added("a"));
    other.append(added("b"));
    for (let i = 0; i < 5; i++) {
      expect(writer.append(append("a", i, "a")).ack.seq).toBe(i + 2);
      expect(other.append(append("b", 2 * i, "bb")).ack.seq).toBe(i + 2);
    }
    expect(engine.state.seq).toBe(12);
    expect(engine.state.messages.map(({ text }) => text)).toEqual(["aaaaa", "bbbbbbbbbb"]);
  });
});

describe("a producer's frame is appended once", () => {
  test("a repetition is acknowledged again, and nothing more", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    writer.append(append("m", 0, "Hi"));
    const before = engine.state;
    for (const repeated of [frame(0, added("m")), frame(1, append("m", 0, "Hi"))]) {
      const again = engine.append("p", writer.token, repeated);
      expect(again).toEqual({ ack: { type: "ack", channel: "c", seq: 2 } });
    }
    expect(engine.state).toBe(before);
  });

  test("a gap is an error that says where it is, and appends nothing", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    const late = frame(2, append("m", 0, "Hi"));
    expect(() => engine.append("p", writer.token, late)).toThrowError(
      error("gap", { channel: "c", path: "/from" }),
    );
    expect(engine.state.seq).toBe(1);
    expect(writer.append(append("m", 0, "Hi")).ack.seq).toBe(2);
  });

  test("a frame that overlaps what is there is a gap: half of it is no repetition", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    const overlapping = { ...frame(0, append("m", 0, "Hi")), to: 2 };
    expect(() => engine.append("p", writer.token, overlapping)).toThrowError(error("gap"));
  });

  test("after a frame that was refused as a whole the next one is a gap", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m", "abc"));
    const bad = frame(1, append("m", 3, "d"), splice("m", 9, 0, "x"));
    expect(() => engine.append("p", writer.token, bad)).toThrowError(
      error("offset_out_of_range", { path: "/changes/1/parts/0/splices/0/changed_offset" }),
    );
    expect(engine.state.message("m")?.text).toBe("abc");
    const next = frame(2, append("m", 4, "e"));
    expect(() => engine.append("p", writer.token, next)).toThrowError(error("gap"));
    expect(engine.attach("p").producing.seq).toBe(1);
  });
});

describe("attaching", () => {
  test("each attachment gets the next token, and learns what the log holds of it", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    expect(engine.attach("q").producing).toEqual({
      type: "producing",
      channel: "c",
      producer: "q",
      epoch: "e",
      seq: 0,
      token: 2,
      lease: 15_000,
    });
    expect(engine.attach("p").producing).toMatchObject({ producer: "p", seq: 1, token: 3 });
  });

  test("a later attachment of the same producer fences the earlier one, and goes on", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    const again = new EngineWriter(engine, "p");
    expect(() => writer.append(append("m", 0, "old"))).toThrowError(
      error("fenced", { channel: "c" }),
    );
    again.append(append("m", 0, "new"));
    expect(engine.state.message("m")?.text).toBe("new");
  });

  test("stating a message takes it over from whoever has attached earlier, for good", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m", "a"), added("n", ""));
    const later = new EngineWriter(engine, "q");
    later.append(added("m", "ab"));
    expect(engine.state.message("m")?.origin).toBe("q");
    const { ack } = writer.append(append("m", 2, "x"), added("m", "abx"), append("n", 0, "own"));
    expect(ack.refused).toEqual([{ message: "m", code: "not_owner", count: 2 }]);
    later.append(append("m", 2, "c"));
    expect(engine.state.messages.map(({ text }) => text)).toEqual(["abc", "own"]);
  });

  test("who attaches again may take it back", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    new EngineWriter(engine, "q").append(added("m", "q"));
    new EngineWriter(engine, "p").append(added("m", "p"));
    expect(engine.state.message("m")).toMatchObject({ origin: "p", text: "p" });
  });

  test("L40: remembers 1,024 producers: the one longest unheard of is told to begin again", () => {
    const { engine, writer } = startEngine();
    const quiet = new EngineWriter(engine, "quiet");
    writer.append(added("m"));
    for (let i = 0; i < 1022; i++) engine.attach(`p${i}`);
    writer.append(append("m", 0, "x")); // heard of again
    quiet.append(added("q"));
    for (let i = 0; i < 1022; i++) engine.attach(`q${i}`);
    writer.append(append("m", 1, "y"));
    engine.attach("one more");
    engine.attach("and another");
    expect(() => quiet.append(append("q", 0, "x"))).toThrowError(error("gap", { path: "/from" }));
    expect(writer.append(append("m", 2, "z")).ack.seq).toBe(4);
    expect(engine.attach("quiet").producing.seq).toBe(0);
  });
});

describe("removal", () => {
  test("is remembered with the generation", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m", "", { generation: 4 }), removed("m"));
    expect(writer.append(added("m", "", { generation: 4 })).ack.refused).toEqual([
      { message: "m", code: "message_removed", count: 1 },
    ]);
    writer.append(added("m", "again", { generation: 5 }));
    expect(engine.state.message("m")?.text).toBe("again");
  });

  test("L40: of 1,024 messages; an id that is older than that is new again", () => {
    const { engine, writer } = startEngine();
    for (let i = 0; i < 1025; i++) writer.append(added(`m${i}`), removed(`m${i}`));
    writer.append(added("m0"), added("m1"));
    expect(engine.state.messages.map(({ id }) => id)).toEqual(["m0"]);
  });
});

describe("bounds", () => {
  test("parts of open messages: what a codec context can number", () => {
    const { engine, writer } = startEngine();
    const parts = Array.from({ length: LIMITS.max_parts }, (_, i) => textPart("", `p${i}`));
    const most = LIMITS.max_list_length / LIMITS.max_parts;
    for (let i = 0; i < most; i++) writer.append(added(`m${i}`, "", { parts }));
    const seq = engine.state.seq;
    const insert: Change = {
      type: "message_patch",
      id: "m0",
      parts: [
        { type: "part_removed", part: "p0" },
        { type: "part_inserted", content: textPart("", "q") },
      ],
    };
    expect(() => writer.append(added("one more"))).toThrowError(
      error("limit_exceeded", { message: expect.stringContaining("max_list_length") }),
    );
    expect(engine.state.seq).toBe(seq);
    writer.append(insert); // as many as before
    writer.append(removed("m1"));
    writer.append(added("one more"));
    const digests = parts.map(({ id }) => ({ part: id, length: 0, crc32: 0 }));
    writer.append(completed("m2", ...digests));
    writer.append(added("m2", "", { generation: 1 }));
    expect(engine.state.messages).toHaveLength(most);
  });
});

test("the bounds of a channel do not take what was begun again since they were looked at", () => {
  const { engine, writer } = startEngine();
  const told = (id: string, generation: number) =>
    added(id, "x", { generation, status: "completed" });
  writer.append(told("a", 0), told("b", 0), told("c", 0));
  const seen = engine.state;
  writer.append({ ...added("a"), generation: 1 }, told("b", 1));
  engine.remove(["a", "b", "c", "d"], seen);
  expect(engine.state.messages.map(({ id, status }) => [id, status])).toEqual([
    ["a", "streaming"],
    ["b", "completed"],
  ]);
});
