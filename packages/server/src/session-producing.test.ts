import { describe, expect, test } from "vitest";
import { added, append, completed, digest, frame, removed, splice } from "./testing/changes.js";
import { plain, TestServer } from "./testing/pair.js";

describe.each(["json", "msgpack"] as const)("writing (%s)", (codec) => {
  function writer(server = new TestServer()) {
    const client = server.connect(codec);
    client.produce("p");
    return { server, client };
  }

  test("is granted, ordered and acknowledged: one acknowledgement a turn", () => {
    const { server, client } = writer();
    expect(client.take()).toEqual([
      {
        type: "producing",
        channel: "c",
        producer: "p",
        epoch: "e",
        seq: 0,
        token: 1,
        lease: 15_000,
      },
    ]);
    client.send(frame(0, added("m")), frame(1, append("m", 0, "a")), frame(2, append("m", 1, "b")));
    expect(client.take()).toEqual([]);
    server.turn();
    expect(client.take()).toEqual([{ type: "ack", channel: "c", seq: 3 }]);
    expect(server.channel().state.message("m")?.text).toBe("ab");
    server.turn();
    expect(client.take()).toEqual([]);
  });

  test("counts what it refuses, by message and reason, over all frames of the turn", () => {
    const { server, client } = writer();
    client.send(frame(0, added("m"), added("n"), added("k", "abc")));
    const later = server.connect(codec);
    later.produce("q");
    later.send(frame(0, added("m"), completed("m", digest("")), added("n"), removed("n")));
    server.turn();
    client.take();
    client.send(
      frame(1, append("m", 0, "x"), append("n", 0, "x"), append("k", 3, "d")),
      frame(2, append("m", 1, "y"), append("k", 4, "e")),
    );
    server.turn();
    expect(client.take()).toEqual([
      {
        type: "ack",
        channel: "c",
        seq: 3,
        refused: [
          { message: "m", code: "message_final", count: 2 },
          { message: "n", code: "message_removed", count: 1 },
        ],
      },
    ]);
    expect(server.channel().state.message("k")?.text).toBe("abcde");
  });

  test("is acknowledged before another producer begins in its place", () => {
    const { server, client } = writer();
    client.take();
    client.send(frame(0, added("m")), { type: "produce", channel: "c", producer: "q" });
    server.turn();
    expect(client.take()).toMatchObject([
      { type: "ack", seq: 1 },
      { type: "producing", producer: "q", seq: 0 },
    ]);
  });

  test("of a repetition is acknowledged again; after a gap the error says where it is", () => {
    const { server, client } = writer();
    client.send(frame(0, added("m")), frame(1, append("m", 0, "a")));
    server.turn();
    client.take();
    if (codec === "json") {
      client.send(frame(0, added("m")));
      server.turn();
      expect(client.take()).toEqual([{ type: "ack", channel: "c", seq: 2 }]);
    }
    client.up.hold();
    client.send(frame(2, append("m", 1, "b")), frame(3, append("m", 2, "c")));
    client.up.lose(1);
    client.up.release();
    expect(client.take()).toMatchObject([
      { type: "error", code: "gap", channel: "c", path: "/from" },
    ]);
    expect(server.channel().state.message("m")?.text).toBe("a");
    client.produce("p");
    expect(client.take()).toMatchObject([{ type: "producing", seq: 2, token: 2 }]);
  });

  test("of a frame that does not apply is refused whole, and named by path and channel", () => {
    const { server, client } = writer();
    client.send(frame(0, added("m", "abc"), added("n")));
    client.send(frame(1, append("n", 0, "x"), splice("m", 5, 0, "x")));
    expect(client.take().slice(1)).toMatchObject([
      { type: "ack", seq: 1 }, // what was taken before is said first
      {
        type: "error",
        code: "offset_out_of_range",
        channel: "c",
        path: "/changes/1/parts/0/splices/0/changed_offset",
      },
    ]);
    client.send(frame(2, append("m", 3, "d")));
    expect(client.take()).toMatchObject([{ type: "error", code: "gap" }]);
    expect(server.channel().state.message("m")?.text).toBe("abc");
    client.produce("p");
    if (codec === "json") {
      client.send(frame(1, append("m", 3, "d")));
      expect(server.channel().state.message("m")?.text).toBe("abcd");
    }
  });

  test("fences an earlier attachment of the same producer, which is told at once", () => {
    const { server, client } = writer();
    client.send({ type: "subscribe", channel: "another", request: 1 }, frame(0, added("m")));
    server.turn();
    client.take();
    const later = server.connect(codec);
    later.produce("p");
    expect(client.take()).toMatchObject([{ type: "error", code: "fenced", channel: "c" }]);
    client.send(frame(1, append("m", 0, "old")));
    expect(client.take()).toMatchObject([{ type: "error", code: "fenced", channel: "c" }]);
    expect(later.take()).toMatchObject([{ type: "producing", seq: 1, token: 2 }]);
    later.send(frame(1, added("m", "new")));
    server.turn();
    expect(later.take()).toEqual([{ type: "ack", channel: "c", seq: 2 }]);
    expect(server.channel().state.message("m")?.text).toBe("new");
    client.session.end();
    later.send(frame(2, append("m", 3, "er")));
    expect(server.channel().state.message("m")?.text).toBe("newer");
  });

  test("by two producers in one channel: neither sees the other", () => {
    const { server, client } = writer();
    const other = server.connect(codec);
    const reader = server.connect(codec).follow();
    other.produce("q");
    client.send(frame(0, added("a")));
    other.send(frame(0, added("b")));
    for (let i = 0; i < 20; i++) {
      client.send(frame(i + 1, append("a", i, "a")));
      other.send(frame(i + 1, append("b", 2 * i, "bb")));
    }
    server.turn();
    expect(client.take().at(-1)).toEqual({ type: "ack", channel: "c", seq: 21 });
    expect(other.take().at(-1)).toEqual({ type: "ack", channel: "c", seq: 21 });
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.state?.message("b")?.text).toBe("b".repeat(40));
    expect(reader.decoder.counts).toMatchObject({ applied: 42, gaps: 0, ignored: 1 });
  });

  test("goes on after this client has stopped reading the channel", () => {
    const { server, client } = writer();
    const reader = client.follow();
    client.send(frame(0, added("m")));
    client.send({ type: "unsubscribe", channel: "c" });
    client.send(frame(1, append("m", 0, "a")));
    expect(server.channel().state.message("m")?.text).toBe("a");
    expect(reader.state?.message("m")?.text).toBe("");
  });

  test("needs produce first", () => {
    const client = new TestServer().connect("json");
    client.send(frame(0, added("m")));
    expect(client.take()).toMatchObject([
      { type: "error", code: "unexpected_frame", channel: "c", path: "/type" },
    ]);
  });
});
