import type { Change, Frame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { atOnce } from "./testing/at-once.js";
import { added, append, completed, digest, frame, splice, textPart } from "./testing/changes.js";
import { plain, type TestClient, TestServer } from "./testing/pair.js";

const codecs = ["json", "msgpack"] as const;

/** A server with a writer of channel "c" whose message "m" is there. */
function start(text = "") {
  const server = new TestServer();
  const attachment = { fence: () => undefined, lose: () => undefined };
  const { token } = atOnce(server.channel().attach("p", attachment));
  let seq = 0;
  const write = (...changes: Change[]) => {
    atOnce(server.channel().append("p", token, frame(seq, ...changes)));
    seq += 1;
  };
  let length = text.length;
  const grow = (more: string) => {
    write(append("m", length, more));
    length += more.length;
  };
  write(added("m", text));
  return { server, write, grow };
}

const types = (client: TestClient): string[] => client.take().map(({ type }) => type);

describe.each(codecs)("joining (%s)", (codec) => {
  test("gives the state as it is, then everything that follows", () => {
    const { server, write, grow } = start("Hello");
    write({ type: "channel_patch", attributes: [{ op: "add", path: "/title", value: "T" }] });
    const client = server.connect(codec);
    const reader = client.follow();
    expect(types(client)).toEqual(["subscribed", "snapshot"]);
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    grow(" world");
    write(completed("m", digest("Hello world")));
    expect(types(client)).toEqual(["changes", "changes"]);
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 0, mismatches: 0, resets: 1, applied: 2 });
  });

  test("of a channel that nobody has written to gives an empty one", () => {
    const server = new TestServer();
    const reader = server.connect(codec).follow("new");
    expect(plain(reader.state)).toEqual(plain(server.channel("new").state));
  });

  test("L5: in a burst: nothing before the snapshot, nothing lost, nothing twice", () => {
    const { server, grow } = start();
    const early = server.connect(codec).follow();
    const late: TestClient[] = [];
    for (let i = 0; i < 300; i++) {
      grow(`token ${i} 😀 `);
      if (i % 10 === 5) {
        const client = server.connect(codec);
        if (i % 20 === 5) client.down.hold(); // slow to read, not to subscribe
        client.follow();
        late.push(client);
      }
    }
    for (const client of late) {
      client.down.release();
      const frames = client.take();
      expect(frames.slice(0, 2).map(({ type }) => type)).toEqual(["subscribed", "snapshot"]);
      const [, snapshot, ...live] = frames as [Frame, Frame & { type: "snapshot" }, ...Frame[]];
      let version = snapshot.seq;
      for (const next of live) {
        expect(next).toMatchObject({ type: "changes", from: version });
        version = next.type === "changes" ? next.to : version; // composed, to who was slow
      }
      expect(version).toBe(301);
    }
    expect(plain(early.state)).toEqual(plain(server.channel().state));
    expect(early.decoder.counts).toMatchObject({ applied: 300, gaps: 0, ignored: 1 });
  });

  test("a channel of 20 MB: chunks, nothing between them, then live again", () => {
    const { server, write, grow } = start();
    const piece = "A piece of text, 😀 and ä and all.\n".repeat(7_500);
    for (let i = 0; i < 80; i++) {
      const content = textPart(piece, `p${i}`);
      write({ type: "message_patch", id: "m", parts: [{ type: "part_inserted", content }] });
    }
    const client = server.connect(codec);
    client.down.hold();
    const reader = client.follow();
    grow("a"); // while the chunks are on their way
    client.down.release(20);
    expect(reader.state).toBeUndefined();
    grow("b");
    client.down.release();
    grow("c");
    expect(reader.state?.message("m")?.size).toBeGreaterThan(20_000_000);
    expect(reader.state?.message("m")?.digests()).toEqual(
      server.channel().state.message("m")?.digests(),
    );
    expect(reader.decoder.counts).toMatchObject({ applied: 2, gaps: 0, resets: 1 }); // a and b in one
    const frames = types(client);
    expect(frames.lastIndexOf("snapshot")).toBe(frames.indexOf("changes") - 1);
    for (const message of client.messages) expect(message.length).toBeLessThan(40_000);
  }, 20_000);
});

describe.each(codecs)("resuming (%s)", (codec) => {
  test("at the present version: nothing is sent again", () => {
    const { server, grow } = start("x".repeat(10_000));
    const client = server.connect(codec);
    const reader = client.follow();
    grow("a");
    client.send({ type: "unsubscribe", channel: "c" });
    client.take();
    const before = client.messages.length;
    reader.join();
    const bytes = client.messages.slice(before).reduce((sum, { length }) => sum + length, 0);
    expect(types(client)).toEqual(codec === "json" ? ["subscribed"] : ["subscribed", "changes"]);
    expect(bytes).toBeLessThan(150);
    grow("b");
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ resets: 1, gaps: 0 });
  });

  test("from an earlier version: what happened since, composed, and live again", () => {
    const { server, write, grow } = start("x".repeat(10_000));
    const client = server.connect(codec);
    const reader = client.follow();
    client.send({ type: "unsubscribe", channel: "c" });
    grow("a");
    write(added("n", "new"), splice("m", 5, 2, "edited"));
    grow("b");
    client.take();
    reader.join();
    expect(client.take()).toMatchObject([
      { type: "subscribed", answer: "changes", seq: 4 },
      { type: "changes", from: 1, to: 4, request: 2 },
    ]);
    write(append("n", 3, "er"));
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ resets: 1, gaps: 0 });
  });

  test("on another connection, whose codec knows nothing yet", () => {
    const { server, write, grow } = start("x".repeat(10_000));
    server.connect(codec).follow(); // somebody stays
    const before = server.connect(codec);
    const { decoder } = before.follow();
    before.session.end();
    grow("a");
    const client = server.connect(codec);
    const reader = client.follow();
    Object.assign(reader, { decoder });
    reader.join();
    grow("b");
    write(append("m", 10_002, "c"));
    expect(plain(decoder.state)).toEqual(plain(server.channel().state));
    expect(decoder.counts).toMatchObject({ resets: 1, gaps: 0 });
  });

  test("from another epoch: a snapshot", () => {
    const { server } = start("Hello");
    const client = server.connect(codec);
    client.send({ type: "subscribe", channel: "c", request: 1, epoch: "lost", seq: 1 });
    expect(client.take()).toMatchObject([
      { type: "subscribed", answer: "snapshot", epoch: "e" },
      { type: "snapshot", epoch: "e", request: 1 },
    ]);
  });

  test("asking twice at once: both answers are whole, and the later one counts", () => {
    const { server, grow } = start("Hello");
    const client = server.connect(codec);
    client.up.hold();
    const reader = client.follow();
    reader.join();
    client.up.release();
    grow("!");
    expect(types(client)).toEqual(["subscribed", "snapshot", "subscribed", "snapshot", "changes"]);
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
  });
});

describe.each(codecs)("loss (%s)", (codec) => {
  test.each([1, 2, 7, 127])("L1: of %i frames is seen at the next one, and repaired", (lost) => {
    const { server, grow } = start("x".repeat(5000));
    const client = server.connect(codec);
    const reader = client.follow();
    grow("a");
    for (let i = 0; i < lost; i++) {
      client.down.hold();
      grow(`${i} `);
      client.down.lose(1);
      client.down.release();
    }
    expect(reader.decoder.counts.gaps).toBe(0);
    grow("b");
    grow("c");
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 1, mismatches: 0 });
  });

  test("L1: of the last frames before silence is seen at the checkpoint", () => {
    const { server, grow } = start("x".repeat(5000));
    const client = server.connect(codec);
    const reader = client.follow();
    grow("a");
    client.down.hold();
    grow("b");
    grow("c");
    client.down.lose(2);
    client.down.release();
    server.clock.advance(1000);
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts.gaps).toBe(1);
  });
});

test("subscribers of both codecs hold the same, whatever happens and whenever they come", () => {
  const { server, write, grow } = start();
  const readers = codecs.map((codec) => server.connect(codec).follow());
  const insert = (content: ReturnType<typeof textPart> | object): Change => ({
    type: "message_patch",
    id: "m",
    parts: [{ type: "part_inserted", content: content as ReturnType<typeof textPart> }],
  });
  const steps: (() => void)[] = [
    () => grow("😀 text"),
    () => write(insert({ id: "tool", kind: "json", value: { status: "run", n: [1] } })),
    () => write(insert({ id: "out", kind: "bytes", bytes: new Uint8Array([0, 255]) })),
    () => grow(" and\0more\u2028"),
    () =>
      write({
        type: "message_patch",
        id: "m",
        parts: [
          {
            type: "json_patch",
            part: "tool",
            operations: [{ op: "replace", path: "/status", value: "done" }],
          },
          { type: "bytes_patch", part: "out", trimmed: 1, appended: new Uint8Array([7]) },
        ],
        attributes: [{ op: "add", path: "/model", value: "m" }],
        status: "interrupted",
      }),
    () => write(splice("m", 0, 2, "😁")),
    () => write(added("n", "next", { kind: "note", attributes: { a: 1 } })),
    () => write({ type: "message_removed", id: "m" }, append("n", 4, "!")),
    () => write(completed("n", digest("next!"))),
    () => write(added("n", "", { generation: 1 })),
    () => write({ type: "channel_closed", reason: "done" }),
  ];
  for (const step of steps) {
    step();
    readers.push(...codecs.map((codec) => server.connect(codec).follow()));
    for (const reader of readers) {
      expect(plain(reader.state)).toEqual(plain(server.channel().state));
    }
  }
  for (const reader of readers) expect(reader.decoder.counts).toMatchObject({ gaps: 0, resets: 1 });
});

test("every MessagePack subscriber is sent the same object, selects apart", () => {
  const { server, grow } = start();
  const clients = [server.connect(), server.connect(), server.connect()];
  for (const client of clients) client.follow();
  clients[1]?.send({ type: "subscribe", channel: "d", request: 1 }); // selects another channel
  grow("Hello");
  const [first, second, third] = clients.map(({ messages }) => messages.at(-1));
  expect(first).toBeInstanceOf(Uint8Array);
  expect(second).toBe(first);
  expect(third).toBe(first);
  expect(clients[1]?.messages.at(-2)).toEqual(new Uint8Array([0x92, 3, 0])); // select, by number
});

test("one connection follows many channels, each with a codec context of its own", () => {
  const server = new TestServer();
  const client = server.connect();
  const names = ["a", "b", "c", "d"];
  const readers = names.map((name) => client.follow(name));
  const tokens = names.map((name) =>
    atOnce(server.channel(name).attach("p", { fence: () => undefined, lose: () => undefined })),
  );
  for (let seq = 0; seq < 40; seq++) {
    names.forEach((name, i) => {
      const change = seq === 0 ? added("m") : append("m", seq - 1, name);
      const next = { ...frame(seq, change), channel: name };
      atOnce(server.channel(name).append("p", tokens[i]?.token ?? 0, next));
    });
  }
  readers.forEach((reader, i) => {
    expect(reader.state?.message("m")?.text).toBe(names[i]?.repeat(39));
    expect(reader.decoder.counts).toMatchObject({ applied: 40, gaps: 0 });
  });
});
