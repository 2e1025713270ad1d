import { apply, ChannelState } from "@deltawire/protocol";
import { type ChangesFrame, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { ChannelWriter } from "./channel-writer.js";
import { Link } from "./testing/link.js";
import type { WriterHost } from "./writer-host.js";

/** A channel's writer with a clock that is moved by hand, and a server that is played by hand. */
function start(throttle?: number, batch?: number) {
  let now = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  let ids = 0;
  const frames: ChangesFrame[] = [];
  const host: WriterHost = {
    clock: {
      now: () => now,
      after(delay, run) {
        const timer = { at: now + delay, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    send: (more) => frames.push(...more),
    randomId: () => `id-${ids++}`,
    ...(batch !== undefined && { batch }),
  };
  const writer = new ChannelWriter("c", host, throttle);
  const wait = (time: number) => {
    now += time;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers = timers.filter((other) => other !== timer);
      timer.run();
    }
  };
  const events = (count: number) => Array.from({ length: count }, () => writer.event("joined"));
  const sizes = () => frames.map(({ changes }) => changes.length);
  const acknowledge = () => writer.acknowledge(frames.at(-1)?.to ?? 0);
  return { writer, frames, wait, events, sizes, acknowledge };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("an event", () => {
  test("is one change, complete at birth, with all that it is given", () => {
    const { writer, frames, wait } = start();
    const plain = writer.event("left");
    const whole = writer.event("score", {
      id: "s1",
      role: "board",
      attributes: { room: "lobby" },
      text: "2 : 1",
      value: { home: 2, away: 1 },
      status: "cancelled",
    });
    wait(0);
    expect([plain.id, whole.id]).toEqual(["id-0", "s1"]);
    expect(frames.map(({ changes }) => changes)).toEqual([
      [
        {
          type: "message_added",
          id: "id-0",
          generation: 0,
          role: "event",
          kind: "left",
          attributes: {},
          parts: [],
          status: "completed",
        },
        {
          type: "message_added",
          id: "s1",
          generation: 0,
          role: "board",
          kind: "score",
          attributes: { room: "lobby" },
          parts: [
            { id: "text", kind: "text", text: "2 : 1" },
            { id: "value", kind: "json", value: { home: 2, away: 1 } },
          ],
          status: "cancelled",
        },
      ].map(({ attributes, ...change }) =>
        Object.keys(attributes).length > 0 ? { ...change, attributes } : change,
      ),
    ]);
  });

  test("is held once the server has it, and let go of then", async () => {
    const { writer, wait, acknowledge } = start();
    let isHeld = false;
    const { held } = writer.event("joined");
    void held.then(() => {
      isHeld = true;
    });
    wait(0);
    await Promise.resolve();
    expect([isHeld, writer.state.messages.length]).toEqual([false, 1]);
    acknowledge();
    await held;
    expect([isHeld, writer.state.messages.length]).toEqual([true, 0]);
  });

  test("that the server refuses rejects, and no other one", async () => {
    const { writer, wait } = start();
    const one = writer.event("joined", { id: "e1" });
    const other = writer.event("joined", { id: "e2" });
    wait(0);
    writer.acknowledge(1, [{ message: "e1", code: "message_final", count: 1 }]);
    await expect(one.held).rejects.toEqual(code("message_final"));
    await other.held;
    expect(() => writer.event("joined", { id: "e2" })).toThrow(code("message_final"));
  });

  test("is not made of a message that is being written", () => {
    const { writer } = start();
    writer.write("m").append("text");
    expect(() => writer.event("joined", { id: "m" })).toThrow(code("malformed"));
    expect(() => writer.event("x".repeat(257))).toThrow(code("limit_exceeded"));
    expect(writer.state.messages.map(({ id, status }) => [id, status])).toEqual([
      ["m", "streaming"],
    ]);
  });
});

describe("events go together", () => {
  test("the first one after a quiet time at once, the next after 50 ms, however many they are", () => {
    const { wait, events, sizes } = start();
    events(1);
    wait(0);
    expect(sizes()).toEqual([1]);
    events(3);
    wait(49);
    expect(sizes()).toEqual([1]);
    events(4);
    wait(1);
    expect(sizes()).toEqual([1, 7]);
    wait(200);
    events(2);
    wait(0);
    expect(sizes()).toEqual([1, 7, 2]);
  });

  test("ten are due at once", () => {
    const { wait, events, sizes } = start();
    events(1);
    wait(0);
    events(9);
    wait(0);
    expect(sizes()).toEqual([1]);
    events(1);
    wait(0);
    expect(sizes()).toEqual([1, 10]);
    events(25);
    wait(0);
    expect(sizes()).toEqual([1, 10, 10, 10]);
    wait(50);
    expect(sizes()).toEqual([1, 10, 10, 10, 5]);
  });

  test("a batch may have another size; a throttle that is given is that of events, too", () => {
    const two = start(undefined, 2);
    two.events(5);
    two.wait(0);
    expect(two.sizes()).toEqual([2, 2, 1]);
    const slow = start(300);
    slow.events(1);
    slow.wait(0);
    slow.events(30);
    slow.wait(299);
    expect(slow.sizes()).toEqual([1]);
    slow.wait(1);
    expect(slow.sizes()).toEqual([1, 30]);
    const both = start(300, 3);
    both.events(7);
    both.wait(0);
    expect(both.sizes()).toEqual([3, 3, 1]);
    expect(() => start(100, 0)).toThrow(code("malformed"));
  });

  test("what is written besides keeps its throttle, unless an event takes it along", () => {
    const { writer, wait, events, sizes, frames } = start();
    const reply = writer.write("m");
    wait(0);
    reply.append("a");
    wait(50);
    expect(sizes()).toEqual([1]);
    wait(50);
    expect(sizes()).toEqual([1, 1]);
    reply.append("b");
    events(1);
    wait(50);
    expect(sizes()).toEqual([1, 1, 2]);
    expect(frames.reduce(apply, ChannelState.of("")).message("m")?.text).toBe("ab");
  });

  test("an acknowledgement does not send them early", () => {
    const { wait, events, sizes, acknowledge } = start();
    events(1);
    wait(0);
    events(2);
    acknowledge();
    wait(49);
    expect(sizes()).toEqual([1]);
    wait(1);
    expect(sizes()).toEqual([1, 2]);
  });
});

test("an event is held also where the server answers before the call returns", async () => {
  const frames: ChangesFrame[] = [];
  const writer: ChannelWriter = new ChannelWriter(
    "c",
    {
      clock: { now: () => 0, after: () => () => undefined },
      identity: { producer: "p" },
      randomId: () => "e",
      produce: ({ channel, producer }) =>
        writer.attached({ type: "producing", channel, producer, epoch: "e", seq: 0, token: 1 }),
      send: (more) => {
        frames.push(...more);
        writer.acknowledge(more.at(-1)?.to ?? 0);
      },
    },
    0,
  );
  writer.connected();
  await writer.event("joined").held;
  expect([frames.length, writer.state.messages]).toEqual([1, []]);
});

describe.each(Object.values(SUBPROTOCOLS))("events over connections that are lost, %s", (codec) => {
  test("are in the log once, in their order, whatever was lost", async () => {
    for (let lost = 0; lost < 12; lost++) {
      const link = new Link(codec);
      link.settle();
      const held: Promise<void>[] = [];
      for (let i = 0; i < 40; i++) {
        held.push(link.writer.event("tick", { id: `e${i}`, value: i }).held);
        if (i % 3 === 0) link.wait(20);
        if (i % 5 === lost % 5) link.deliverUp(lost % 4 ? lost % 7 : undefined);
        if (i % 7 === lost % 7) link.deliverDown(lost % 3 ? 1 : undefined);
        if (i % 12 === lost) link.cut();
        if (i % 12 === (lost + 4) % 12) link.connect();
        if (lost === 11 && i === 20) link.log.forget(link.log.state.epoch);
      }
      link.settle();
      await Promise.all(lost === 11 ? held.map((one) => one.catch(() => undefined)) : held);
      const { messages } = link.log.state;
      expect(messages.map(({ id }) => id)).toEqual(held.map((_, i) => `e${i}`));
      expect(new Set(messages.map(({ status }) => status))).toEqual(new Set(["completed"]));
      expect(link.writer.state.messages).toEqual([]);
    }
  });
});
