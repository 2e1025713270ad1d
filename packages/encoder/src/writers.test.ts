import { apply, ChannelState } from "@deltawire/protocol";
import type { ChangesFrame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { ChannelWriter } from "./channel-writer.js";

/** A channel's writer with a clock that is moved by hand, and a server that is played by hand. */
function start(throttle = 100) {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const frames: ChangesFrame[] = [];
  const clock = {
    now: () => now,
    after(delay: number, run: () => void) {
      const timer = { at: now + delay, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  const send = (more: readonly ChangesFrame[]) => frames.push(...more);
  const writer = new ChannelWriter("c", { clock, send }, throttle);
  const wait = (time: number) => {
    now += time;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers = timers.filter((other) => other !== timer);
      timer.run();
    }
  };
  const replica = () => frames.reduce(apply, ChannelState.of(""));
  const acknowledge = () => writer.acknowledge(frames.at(-1)?.to ?? 0);
  return { writer, frames, wait, replica, acknowledge, timers: () => timers.length };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("ChannelWriter and MessageWriter", () => {
  test("every kind of part arrives as it was written", () => {
    const { writer, wait, replica } = start();
    const reply = writer.write("m", { role: "user", kind: "k", attributes: { a: 1 } });
    reply.append("Hello").splice(0, 1, "J").set("Jello, world");
    reply.text("second").append("two");
    reply.json("tool").set({ status: "running", list: [1] });
    reply.json("tool").set({ status: "done", list: [1, 2] });
    reply.json("tool").patch([{ op: "add", path: "/output", value: "x" }]);
    reply
      .bytes("raw")
      .append(Uint8Array.of(1, 2, 3))
      .trim(1);
    reply.setAttributes({ a: 1, b: "2" });
    writer.setAttributes({ title: "t" });
    wait(0);
    const message = replica().message("m");
    expect(message?.snapshot()).toEqual(writer.state.message("m")?.snapshot());
    expect(message?.text).toBe("Jello, world");
    expect(message?.part("tool")).toMatchObject({
      value: { status: "done", list: [1, 2], output: "x" },
    });
    expect(message?.part("raw")).toMatchObject({ bytes: Uint8Array.of(2, 3) });
    expect(message?.attributes).toEqual({ a: 1, b: "2" });
    expect(replica().attributes).toEqual({ title: "t" });
  });

  test("a value is copied: what the caller does to it later is the caller's", () => {
    const { writer } = start();
    const value = { list: [1] };
    writer.write("m").json("j").set(value);
    value.list.push(2);
    expect(writer.state.message("m")?.part("j")).toMatchObject({ value: { list: [1] } });
  });

  test("only what differs of a JSON value travels; a string that grew is a splice", () => {
    const { writer, wait, frames } = start();
    const json = writer.write("m").json("j");
    json.set({ text: "a long beginning of a text", other: { deep: "untouched" } });
    wait(0);
    json.set({ text: "a long beginning of a text, and more", other: { deep: "untouched" } });
    wait(100);
    expect(JSON.stringify(frames.at(-1)?.changes)).toContain('"op":"splice","path":"/text"');
    expect(JSON.stringify(frames.at(-1)?.changes)).not.toContain("untouched");
  });

  test("L10, L11, L12: completing flushes, and resolves when the log has it", async () => {
    const { writer, wait, replica, acknowledge } = start();
    const reply = writer.write("m").append("Hello");
    wait(0);
    reply.append(" world \ud83d");
    let done = false;
    const completed = reply.complete().then(() => {
      done = true;
    });
    wait(0);
    expect(replica().message("m")).toMatchObject({
      status: "completed",
      text: "Hello world \ufffd",
    });
    await Promise.resolve();
    expect(done).toBe(false);
    acknowledge();
    await completed;
    expect(await reply.closed).toEqual({ reason: "completed" });
    expect(() => reply.append("late")).toThrow(code("closed"));
    await expect(reply.cancel()).rejects.toThrow(code("closed"));
    expect(reply.signal.aborted).toBe(false);
  });

  test("L37: what completes a megabyte states its length and digest, and no text", async () => {
    const { writer, wait, frames, acknowledge } = start();
    const reply = writer.write("m").append("x".repeat(1_000_000));
    reply.text("second").append("y".repeat(1000));
    wait(100);
    const before = frames.length;
    const done = reply.complete();
    wait(0);
    const digests = [
      { part: "text", length: 1_000_000, crc32: expect.any(Number) },
      { part: "second", length: 1000, crc32: expect.any(Number) },
    ];
    const [frame, ...more] = frames.slice(before);
    expect(frame?.changes).toEqual([
      { type: "message_completed", id: "m", status: "completed", digests },
    ]);
    expect(more).toEqual([]);
    acknowledge();
    await done;
  });

  test("a refusal ends the message, aborts its signal and rejects its completion", async () => {
    const { writer, wait, frames } = start();
    const reply = writer.write("m").append("x");
    const other = writer.write("n").append("y");
    const completed = reply.complete();
    wait(0);
    const seq = frames.at(-1)?.to ?? 0;
    writer.acknowledge(seq, [{ message: "m", code: "message_final", count: 2 }]);
    await expect(completed).rejects.toThrow(code("message_final"));
    expect(await reply.closed).toMatchObject({ reason: "lost", error: { code: "message_final" } });
    expect(reply.signal.aborted).toBe(true);
    other.append("goes on");
  });

  test("an ended message is begun again only when asked, as the next generation", async () => {
    const { writer, wait, replica, acknowledge } = start();
    const first = writer.write("m").append("1");
    const done = first.complete();
    wait(0);
    acknowledge();
    await done;
    expect(() => writer.write("m")).toThrow(code("message_final"));
    writer.write("m", { reopen: true }).append("2");
    wait(200);
    expect(replica().message("m")).toMatchObject({ generation: 1, text: "2", status: "streaming" });
  });

  test("fail, cancel and remove", async () => {
    const { writer, wait, replica, acknowledge } = start();
    const ends = [
      writer.write("a").fail({ code: "model", message: "no" }),
      writer.write("b").cancel(),
      writer.write("c").append("x").remove(),
    ];
    wait(0);
    acknowledge();
    await Promise.all(ends);
    expect(replica().message("a")).toMatchObject({ status: "failed", error: { code: "model" } });
    expect(replica().message("b")?.status).toBe("cancelled");
    expect(replica().message("c")).toBeUndefined();
  });

  test("a stream is piped until it ends, or writing does", async () => {
    const { writer } = start();
    const reply = writer.write("m");
    await reply.pipe(
      new ReadableStream({
        start(controller) {
          for (const text of ["a", "b"]) controller.enqueue(text);
          controller.close();
        },
      }),
    );
    let released = false;
    async function* endless() {
      try {
        for (;;) yield "x";
      } finally {
        released = true;
      }
    }
    const piping = reply.pipe(endless());
    await Promise.resolve();
    reply.cancel().catch(() => undefined);
    await piping;
    expect(released).toBe(true);
    expect(writer.state.message("m")?.text).toMatch(/^abx*$/);
  });

  test("five megabytes at once are several frames, and the same text", () => {
    const { writer, wait, frames, replica } = start();
    const long = "漢字😀 ".repeat(1_000_000);
    writer.write("m").append(long);
    wait(0);
    expect(frames.length).toBeGreaterThan(3);
    for (const frame of frames) expect(JSON.stringify(frame).length).toBeLessThan(4_000_000);
    expect(replica().message("m")?.text).toBe(long);
  });

  test("what is refused changes nothing, and writing goes on", () => {
    const { writer } = start();
    const reply = writer.write("m").append("x".repeat(60 * 1024 * 1024));
    const before = reply.message.size;
    expect(() => reply.splice(0, 0, "y".repeat(8 * 1024 * 1024))).toThrow(code("limit_exceeded"));
    expect(() => reply.splice(before + 100_000_000, 0, "z")).toThrow(code("offset_out_of_range"));
    expect(() => reply.json("text").set(1)).toThrow(code("wrong_part_kind"));
    expect(() =>
      reply.json("j").set({ ["__proto__"]: 1, a: JSON.parse('{"__proto__":1}') }),
    ).toThrow(code("forbidden_key"));
    const end = reply.message.text.length;
    reply.append("!");
    expect(reply.message.text).toHaveLength(end + 1);
  });

  test("operations that do not travel are refused, and nothing has happened", () => {
    const { writer } = start();
    const json = writer.write("m").json("j").set({ a: 1 });
    for (const op of ["test", "move", "copy"]) {
      const operation = { op, path: "/a", from: "/b", value: 2 } as never; // as from JavaScript
      expect(() => json.patch([operation])).toThrow(code("malformed"));
    }
    expect(writer.state.message("m")?.part("j")).toMatchObject({ value: { a: 1 } });
  });

  test("losing the server ends everything, once, and leaves no timer", async () => {
    const { writer, wait, timers } = start();
    const reply = writer.write("m").append("x");
    wait(0);
    reply.append("y");
    const { DeltawireError } = await import("@deltawire/spec");
    writer.fail(new DeltawireError("connection_lost", "gone"));
    writer.fail(new DeltawireError("internal", "again"));
    expect(await reply.closed).toMatchObject({
      reason: "lost",
      error: { code: "connection_lost" },
    });
    expect(() => writer.write("n")).toThrow(code("connection_lost"));
    await expect(writer.flush()).rejects.toThrow(code("connection_lost"));
    expect(timers()).toBe(0);
  });
});

test("with throttle 0 a turn's first change goes at its moment, the rest of the turn as one frame", () => {
  const soon: (() => void)[] = [];
  const turns: (() => void)[] = [];
  const frames: ChangesFrame[] = [];
  const clock = {
    now: () => 0,
    after(delay: number, run: () => void) {
      if (delay > 0) throw new Error("a timer");
      soon.push(run);
      return () => soon.splice(soon.indexOf(run), 1);
    },
    turn: (run: () => void) => void turns.push(run),
  };
  const runAll = (list: (() => void)[]) => {
    for (const run of list.splice(0)) run();
  };
  const writer = new ChannelWriter("c", { clock, send: (more) => frames.push(...more) }, 0);
  const output = writer.write("m").bytes("b");
  /** One that reads what has arrived: each read is a job of its own, all are one turn. */
  const read = (count: number) => {
    for (let i = 0; i < count; i++) {
      output.append(Uint8Array.of(i));
      runAll(soon);
    }
  };
  read(1);
  expect(frames).toHaveLength(1);
  runAll(turns);
  expect(frames).toHaveLength(1);
  read(32);
  expect(frames).toHaveLength(2);
  runAll(turns);
  expect(frames).toHaveLength(3);
  read(1); // as part of the turn at whose beginning the rest went
  expect(frames).toHaveLength(3);
  runAll(turns);
  expect(frames).toHaveLength(4);
  output.append(Uint8Array.of(1));
  runAll(soon);
  output.append(Uint8Array.of(2));
  void writer.flush();
  runAll(soon);
  expect(frames).toHaveLength(5); // who flushes does not wait for the turn
  expect(frames.reduce(apply, ChannelState.of("")).message("m")?.part("b")).toMatchObject({
    bytes: Uint8Array.from([0, ...Array(32).keys(), 0, 1, 2]),
  });
});
