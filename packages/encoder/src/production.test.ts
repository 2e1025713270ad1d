import { apply, ChannelState, createCodec } from "@deltawire/protocol";
import { DeltawireError, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { Link } from "./testing/link.js";

const start = (...bounds: [{ weight: number; runs: number }?]) =>
  new Link(SUBPROTOCOLS.msgpack, ...bounds);

/** A link whose message `m` the log has. */
function begun(): Link {
  const link = start();
  link.writer.write("m").append("Hello");
  link.settle();
  link.sent.length = 0;
  return link;
}

describe("a connection", () => {
  test("is asked for an attachment once there is something to write", () => {
    const link = start();
    link.connect();
    expect(link.asked).toEqual([]);
    link.writer.write("m");
    link.writer.write("n");
    expect(link.asked).toEqual([{ type: "produce", channel: "c", producer: "p", instance: "i" }]);
    link.settle();
    link.cut();
    link.connect();
    expect(link.asked[1]).toEqual({ ...link.asked[0], token: 1, seq: 1 });
  });

  test("is not asked where nothing is open, and nothing waits", async () => {
    const link = start();
    const done = link.writer.write("m").complete();
    link.settle();
    await done;
    link.cut();
    link.connect();
    expect(link.asked).toHaveLength(1);
    link.writer.setAttributes({ a: 1 });
    expect(link.asked).toHaveLength(2);
  });

  test("is told that commands are taken, at once or when there is one", () => {
    const link = start();
    link.connect();
    link.writer.acceptCommands();
    expect(link.asked).toMatchObject([{ commands: true }]);
    link.settle();
    expect(link.sent).toEqual([]);
    const other = begun();
    other.writer.acceptCommands();
    other.writer.write("m").append("!");
    other.settle();
    expect(other.asked).toHaveLength(2);
    expect(other.asked[1]).toMatchObject({ token: 1, commands: true });
    expect(other.log.state.message("m")?.text).toBe("Hello!");
  });

  test("that asks while the answer is on its way asks again", () => {
    const link = start();
    link.writer.write("m");
    link.connect();
    link.writer.acceptCommands();
    link.settle();
    expect(link.asked).toHaveLength(2);
    expect(link.asked[1]).toMatchObject({ token: 1, commands: true });
  });
});

describe("what was lost", () => {
  test("is one frame from what the log holds to a number that was never used", () => {
    const link = begun();
    const reply = link.writer.write("m");
    for (const text of [" wor", "ld", "!"]) {
      reply.append(text);
      link.wait(100);
    }
    expect(link.sent.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    link.deliverUp(2);
    link.cut();
    reply.append("?");
    link.settle();
    expect(link.sent.slice(3)).toEqual([
      {
        type: "changes",
        channel: "c",
        from: 3,
        to: 5,
        changes: [
          {
            type: "message_patch",
            id: "m",
            parts: [
              {
                type: "text_splice",
                part: "text",
                splices: [{ changed_offset: 11, removed: 0, text: "!?" }],
              },
            ],
          },
        ],
      },
    ]);
    expect(link.log.state.message("m")?.text).toBe("Hello world!?");
  });

  test("an acknowledgement alone: the promise resolves, and nothing is sent again", async () => {
    const link = begun();
    const done = link.writer.write("m").complete();
    link.wait(100);
    link.deliverUp();
    link.cut();
    link.settle();
    await done;
    expect(link.sent).toHaveLength(1);
    expect(link.writer.state.messages).toEqual([]);
  });

  test("the frame that ends the channel, or its acknowledgement", async () => {
    const link = begun();
    const ending = link.writer.end();
    link.wait(100);
    link.deliverUp();
    link.cut();
    link.connect();
    link.writer.rejected(new DeltawireError("channel_closed", "has ended"));
    await ending;
  });

  test("without a connection nothing is kept but the state, and no timer runs", () => {
    const link = start();
    const reply = link.writer.write("m");
    for (let i = 0; i < 1000; i++) reply.append("x");
    expect(link.timers).toBe(0);
    link.settle();
    expect(link.sent).toHaveLength(1);
    expect(link.log.state.message("m")?.text).toBe("x".repeat(1000));
  });

  test("nothing, but the codec's context: it is stated, and appends have short forms again", () => {
    const link = begun();
    link.cut();
    link.settle();
    expect(link.sent).toEqual([{ type: "changes", channel: "c", from: 1, to: 2, changes: [] }]);
    link.writer.write("m").append("!");
    link.wait(100);
    expect(link.bytesUp).toBe(4);
  });

  test("in the middle of a window: only what the log does not have is said again", () => {
    const link = begun();
    const reply = link.writer.write("m");
    reply.text("other").append("b");
    link.settle();
    reply.append(" there");
    reply.text("other").append("c");
    link.wait(100);
    link.deliverUp(1);
    link.cut();
    link.settle();
    expect(JSON.stringify(link.sent.at(-1)?.changes)).not.toContain("there");
    expect(link.log.state.message("m")?.text).toBe("Hello there");
  });

  test("and came to nothing: the log learns of the numbers, and who waits of the log", async () => {
    const link = begun();
    link.writer.setAttributes({ a: 1 });
    link.settle();
    link.writer.setAttributes({ a: 2 });
    link.wait(100);
    link.cut();
    link.writer.setAttributes({ a: 1 });
    const flushed = link.writer.flush();
    link.settle();
    await flushed;
    expect(link.sent.at(-1)).toMatchObject({ from: 2, to: 4, changes: [] });
  });

  test("an attribute that was removed, where the log has forgotten the producer alone", () => {
    const link = begun();
    link.writer.setAttributes({ a: 1, b: 2 });
    link.settle();
    link.cut();
    link.writer.setAttributes({ b: 2 });
    link.log.forget("e0");
    link.settle();
    expect(link.log.state.attributes).toEqual({ b: 2 });
  });

  test("an attribute that was removed: those of other writers stay", () => {
    const link = begun();
    link.writer.setAttributes({ a: 1 });
    link.settle();
    link.writer.setAttributes({});
    link.settle();
    const [frame] = link.sent.slice(-1);
    const log = ChannelState.of("", { seq: 2, attributes: { a: 1, theirs: 1 } });
    expect(frame && apply(log, frame).attributes).toEqual({ theirs: 1 });
  });

  test("with another log, whatever its numbers: every open message whole", () => {
    const link = begun();
    link.cut();
    link.log.state = ChannelState.of("e1");
    link.settle();
    expect(link.log.state.message("m")?.text).toBe("Hello");
  });

  test("removed while away, also what had ended before: it is removed", async () => {
    const link = begun();
    const ended = link.writer.write("n");
    const done = ended.complete();
    link.settle();
    await done;
    link.cut();
    const removals = [ended.remove(), link.writer.write("m").remove()];
    link.settle();
    await Promise.all(removals);
    expect(link.log.state.messages).toEqual([]);
  });

  test("L35: past the bound frames stop until all is acknowledged; then comes what differs", () => {
    const link = start({ weight: 200, runs: 10 });
    const reply = link.writer.write("m");
    link.connect();
    link.deliverUp();
    link.deliverDown();
    for (let i = 0; i < 100; i++) {
      reply.append("x".repeat(20));
      link.wait(100);
    }
    const { length } = link.sent;
    expect(length).toBeLessThan(10);
    link.deliverUp(1);
    link.deliverDown();
    link.wait(100);
    expect(link.sent).toHaveLength(length);
    const flushed = link.writer.flush();
    link.settle();
    expect(link.log.state.message("m")?.text).toHaveLength(2000);
    return flushed;
  });

  test("30 megabytes: in frames that fit, and the message is never emptied", () => {
    const link = begun();
    const reply = link.writer.write("m");
    link.writer.write("big").append("y".repeat(3_000_000));
    link.settle();
    link.cut();
    reply.append("x".repeat(30_000_000));
    reply.bytes("o").append(new Uint8Array(2_000_000));
    link.log.forget("e0");
    const json = createCodec(SUBPROTOCOLS.json);
    const lengths: number[] = [];
    link.log.refuse = () => {
      lengths.push(link.log.state.message("m")?.text.length ?? 0);
      return undefined;
    };
    link.settle();
    expect(Math.min(...lengths)).toBeGreaterThan(0);
    for (const frame of link.sent) expect(json.encode(frame)[0]?.length).toBeLessThan(2_700_000);
    expect(link.log.state.message("m")?.text).toHaveLength(30_000_005);
    expect(link.log.state.message("big")?.text).toHaveLength(3_000_000);
  });
});

test("an end that is stated in several frames is promised once the last of them is there", async () => {
  const link = begun();
  const settled: string[] = [];
  const reply = link.writer.write("large").append("x".repeat(3_000_000));
  const done = reply.complete().then(() => settled.push("done"));
  link.wait(100); // the frames are made, and sent
  link.cut();
  link.connect();
  link.deliverUp(); // asks to attach
  link.sent.length = 0;
  link.deliverDown(); // states what was lost
  expect(link.sent.length).toBeGreaterThan(1);
  link.deliverUp(1);
  link.deliverDown();
  await new Promise((later) => setImmediate(later));
  expect(link.log.state.message("large")?.status).toBe("streaming");
  expect(settled).toEqual([]);
  link.settle();
  await done;
  expect(link.log.state.message("large")?.status).toBe("completed");
});
