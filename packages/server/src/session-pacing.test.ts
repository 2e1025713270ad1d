import { Decoder } from "@deltawire/decoder";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { atOnce } from "./testing/at-once.js";
import { added, append, completed, digest, frame, splice, textPart } from "./testing/changes.js";
import { plain, type TestClient, type TestReader, TestServer } from "./testing/pair.js";
import { type RandomStep, RandomWriters } from "./testing/random-channel.js";

const codecs = ["json", "msgpack"] as const;

/** What may wait for a client: up to the mark, and one frame or chunk above it. */
const BOUND = 16 * 1024 + 40 * 1024;

/** The same where text takes three bytes a unit, and a part fills what is left of a chunk twice. */
const WORST = 16 * 1024 + 3 * 32 * 1024;

/** A server with a writer of channel "c" whose message "m" is there. */
function start(text = "") {
  const server = new TestServer();
  const { token } = atOnce(
    server.channel().attach("p", { fence: () => undefined, lose: () => undefined }),
  );
  let seq = 0;
  let length = text.length;
  const write = (...changes: Parameters<typeof frame>[1][]) => {
    atOnce(server.channel().append("p", token, frame(seq, ...changes)));
    seq += 1;
  };
  const grow = (more: string) => {
    write(append("m", length, more));
    length += more.length;
  };
  write(added("m", text));
  return { server, write, grow };
}

const types = (client: TestClient): string[] => client.take().map(({ type }) => type);

/** Reads what is held, message by message, until nothing is. */
function drain(client: TestClient): void {
  for (let i = 0; client.down.waiting > 0; i++) {
    if (i > 100_000) throw new Error("it never ends");
    client.down.release(1);
  }
}

describe.each(codecs)("a consumer that does not read (%s)", (codec) => {
  test("L35: costs what is below the mark, and gets what it missed in one frame", () => {
    const { server, grow } = start("x".repeat(100_000));
    const client = server.connect(codec);
    const reader = client.follow();
    const other = server.connect(codec).follow();
    client.down.hold();
    for (let i = 0; i < 900; i++) {
      grow(`token ${i} `.repeat(5));
      expect(client.down.waiting).toBeLessThan(BOUND);
    }
    expect(plain(other.state)).toEqual(plain(server.channel().state));
    client.take();
    const held = server.channel().state.seq - (reader.state?.seq ?? 0);
    drain(client);
    client.down.release();
    grow("live");
    const frames = types(client);
    expect(frames.length).toBeLessThan(held);
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 0, resets: 1 });
  });

  test("that missed one frame gets that one, and goes on", () => {
    const { server, grow } = start();
    const client = server.connect(codec);
    const reader = client.follow();
    client.down.hold();
    grow("x".repeat(20_000));
    grow("missed");
    client.down.release();
    grow("live");
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 0, applied: 3 });
  });

  test("does not queue answers by asking again: the last one counts", () => {
    const { server, grow } = start("x".repeat(1_000_000));
    const client = server.connect(codec);
    client.down.hold();
    const reader = client.follow();
    for (let i = 0; i < 1000; i++) {
      client.send(reader.decoder.join());
      grow("more");
      expect(client.down.waiting).toBeLessThan(BOUND);
    }
    drain(client);
    client.down.release();
    grow("live");
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(client.closed).toBeUndefined();
  });

  test("and keeps asking is cut off", () => {
    const server = new TestServer();
    const client = server.connect(codec);
    client.down.hold();
    for (let id = 0; !client.closed && id < 1e6; id++) client.send({ type: "ping", id });
    expect(client.closed?.code).toBe(4429);
    expect(client.down.waiting).toBeLessThan((1 << 20) + 100);
  });

  test("of many channels gets from each in turn", () => {
    const server = new TestServer();
    const client = server.connect(codec);
    const names = ["a", "b", "c"];
    for (const name of names) {
      const { token } = atOnce(
        server.channel(name).attach("p", { fence: () => undefined, lose: () => undefined }),
      );
      const content = added("m", "x".repeat(200_000));
      atOnce(server.channel(name).append("p", token, { ...frame(0, content), channel: name }));
    }
    client.down.hold();
    const readers = names.map((name) => client.follow(name));
    client.take();
    for (let i = 0; i < 60; i++) client.down.release(1);
    const chunks = client.take().flatMap((f) => (f.type === "snapshot" ? f.channel : []));
    for (const name of names) {
      expect(chunks.filter((chunk) => chunk === name).length).toBeGreaterThan(5);
    }
    drain(client);
    for (const reader of readers) expect(reader.state?.message("m")?.size).toBe(200_008);
  });
});

describe.each(codecs)("a large channel (%s)", (codec) => {
  const large = "A piece of text, 😀 and ä.\n".repeat(20_000);

  test("is joined as fast as it is read, and nothing is left out meanwhile", () => {
    const { server, grow } = start(large);
    const client = server.connect(codec);
    client.down.hold();
    const reader = client.follow();
    for (let i = 0; client.down.waiting > 0; i++) {
      expect(client.down.waiting).toBeLessThan(BOUND);
      if (i % 10 === 0) grow(`${i}`);
      client.down.release(1);
    }
    grow("live");
    client.down.release();
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 0, resets: 1 });
    const sizes = client.messages.map((message) => Buffer.byteLength(message));
    expect(Math.max(...sizes)).toBeLessThan(40 * 1024);
  });

  test("is read from two states at most: who reads an older one begins again", () => {
    const { server, write } = start(large);
    let part = 0;
    const overtake = () => {
      part += 1;
      const content = textPart("y".repeat((1 << 20) + 1), `p${part}`); // more than the log keeps
      write({ type: "message_patch", id: "m", parts: [{ type: "part_inserted", content }] });
    };
    const clients = [0, 1, 2].map(() => {
      const client = server.connect(codec);
      client.down.hold();
      const reader = client.follow();
      client.down.release(3);
      overtake();
      return { client, reader };
    });
    expect(server.channel().followers.droppedPins).toBe(1);
    for (const { client } of clients) {
      drain(client);
      client.down.release();
    }
    write(append("m", large.length, "live"));
    for (const { reader } of clients) {
      expect(plain(reader.state)).toEqual(plain(server.channel().state));
      expect(reader.decoder.counts.mismatches).toBe(0);
    }
  });
});

test("a live frame that JSON makes too large is made good at once", () => {
  const { server, grow } = start();
  const client = server.connect("json");
  const reader = client.follow();
  grow("\0".repeat(3_000_000)); // six bytes each
  grow("live");
  expect(reader.state?.message("m")?.digests()).toEqual(
    server.channel().state.message("m")?.digests(),
  );
});

describe("whatever happens", () => {
  type Step =
    | { readonly do: "write"; readonly step: RandomStep }
    | { readonly do: "hold" | "ask" | "page" | "reconnect"; readonly who: number }
    | { readonly do: "read"; readonly who: number; readonly count: number };

  const who = fc.nat(5);
  const write = fc.record({ producer: fc.nat(2), kind: fc.nat(12), size: fc.nat(400) });
  const steps = fc.array(
    fc.oneof(
      { weight: 20, arbitrary: write.map((step): Step => ({ do: "write", step })) },
      { weight: 3, arbitrary: who.map((i): Step => ({ do: "hold", who: i })) },
      {
        weight: 4,
        arbitrary: fc
          .tuple(who, fc.nat(9))
          .map(([i, count]): Step => ({ do: "read", who: i, count })),
      },
      { weight: 2, arbitrary: who.map((i): Step => ({ do: "ask", who: i })) },
      { weight: 1, arbitrary: who.map((i): Step => ({ do: "page", who: i })) },
      { weight: 1, arbitrary: who.map((i): Step => ({ do: "reconnect", who: i })) },
    ),
    { maxLength: 150, size: "max" },
  );

  function run(script: readonly Step[]): void {
    const server = new TestServer();
    const writers = new RandomWriters(server.channel(), 3);
    for (let i = 0; i < 4; i++)
      writers.write({ producer: i, kind: 0, size: 2000 + 10_000 * (i % 2) });
    const consumers: { client: TestClient; reader: TestReader }[] = [];
    const join = (i: number) => {
      const client = server.connect(codecs[i % 2] ?? "json");
      const decoder = consumers[i]?.reader.decoder ?? new Decoder("c", i < 4 ? undefined : i - 3);
      decoder.leave();
      consumers[i] = { client, reader: client.follow("c", decoder) };
    };
    for (let i = 0; i < 6; i++) join(i);
    for (const step of script) {
      if (step.do === "write") writers.write(step.step);
      else {
        const consumer = consumers[step.who];
        if (step.do === "hold") consumer?.client.down.hold();
        if (step.do === "read") consumer?.client.down.release(step.count || undefined);
        if (step.do === "ask") consumer?.reader.join();
        if (step.do === "page") consumer?.reader.history(2);
        if (step.do === "reconnect") {
          consumer?.client.session.end();
          join(step.who);
        }
      }
      for (const { client } of consumers) expect(client.down.waiting).toBeLessThan(WORST);
    }
    for (const { client } of consumers) client.down.release();
    writers.write({ producer: 0, kind: 0, size: 3 });
    const { state } = server.channel();
    for (const [i, { reader }] of consumers.entries()) {
      const messages = reader.state?.messages ?? [];
      if (i < 4) expect(messages).toHaveLength(state.messages.length);
      else expect(messages.length).toBeGreaterThan(0);
      const last = state.with({ messages: state.messages.slice(-messages.length) });
      expect(plain(reader.state)).toEqual(plain(last));
      expect(reader.decoder.counts.mismatches).toBe(0);
    }
    expect(server.defects).toEqual([]);
  }

  test("every consumer ends where the channel is, and little ever waits for it", () => {
    fc.assert(fc.property(steps, run), { numRuns: 150, interruptAfterTimeLimit: 20_000 });
  }, 60_000);
});

test("L12, L37: completion reaches who was away, with its digests", () => {
  const { server, write, grow } = start("x".repeat(50_000));
  const client = server.connect();
  const reader = client.follow();
  client.down.hold();
  grow("y".repeat(20_000));
  grow("z");
  write(completed("m", digest(`${"x".repeat(50_000)}${"y".repeat(20_000)}z`)));
  client.down.release();
  expect(reader.state?.message("m")).toMatchObject({ status: "completed", size: 70_009 });
  expect(reader.decoder.counts.mismatches).toBe(0);
});

test.each(codecs)("what is before a window is not new when it is stated anew (%s)", (codec) => {
  const { server, write } = start("first");
  write(added("n", "x".repeat(2000)));
  const client = server.connect(codec);
  const reader = client.follow("c", new Decoder("c", 1));
  write(added("m", "first", { role: "another" }));
  expect(reader.state?.messages.map(({ id }) => id)).toEqual(["n"]);
  expect(reader.state).toMatchObject({ earlier: 1, seq: 3 });
  client.down.hold();
  write(append("n", 2000, "y".repeat(20_000)));
  write(added("m", "first", { role: "a third" }), splice("m", 0, 1, "z"));
  client.down.release();
  expect(reader.state?.messages.map(({ id }) => id)).toEqual(["n"]);
  expect(reader.state?.seq).toBe(server.channel().state.seq);
});
