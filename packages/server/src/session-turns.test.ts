import type { Change } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { added, append, completed, digest, frame, splice, textPart } from "./testing/changes.js";
import { plain, type TestClient, TestServer } from "./testing/pair.js";

const insert = (id: string, text: string, part: string): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "part_inserted", content: textPart(text, part) }],
});

describe.each(["json", "msgpack"] as const)("a turn, as consumers see it (%s)", (codec) => {
  /** A server with a consumer of channel "c", and clients that write to it. */
  function start() {
    const server = new TestServer();
    const reader = server.connect(codec).follow();
    const writer = (producer: string) => {
      const client = server.connect(codec);
      client.produce(producer);
      let seq = 0;
      const write = (...changes: Change[]) => {
        client.send(frame(seq, ...changes));
        seq += 1;
        server.turn();
      };
      return { client, write };
    };
    return { server, reader, writer };
  }

  const refusals = (client: TestClient) =>
    client.take().flatMap((of) => (of.type === "ack" ? (of.refused ?? []) : []));

  test("L4: a message that is stated anew before its consumers is replaced, never added to", () => {
    const { server, reader, writer } = start();
    const first = writer("p");
    first.write(added("m", "Hello wor"));
    first.write(added("m", "Hello wor"));
    expect(reader.state?.message("m")?.text).toBe("Hello wor");
    const restarted = writer("p");
    restarted.client.send({ ...frame(2, added("m", "Hello, world")), to: 3 });
    expect(reader.state?.message("m")?.text).toBe("Hello, world");
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
  });

  test("L8: NUL and its like are content, live and for who comes later", () => {
    const { server, reader, writer } = start();
    const { write } = writer("p");
    const odd = Array.from({ length: 0x20 }, (_, i) => String.fromCharCode(i)).join("");
    write(added("m", odd));
    write(append("m", odd.length, `\0${odd}\u007f\u2028`), insert("m", "\0", "\0"));
    write(completed("m", digest(`${odd}\0${odd}\u007f\u2028`), digest("\0", "\0")));
    const later = server.connect(codec).follow();
    for (const { state, decoder } of [reader, later]) {
      expect(state?.message("m")?.text).toBe(`${odd}\0${odd}\u007f\u2028`);
      expect(state?.message("m")?.part("\0")).toMatchObject({ text: "\0" });
      expect(decoder.counts.mismatches).toBe(0);
    }
  });

  test("L9: parts keep their boundaries, live, composed and for who comes later", () => {
    const { server, reader, writer } = start();
    const slow = server.connect(codec);
    const waiting = slow.follow();
    slow.down.hold();
    const { write } = writer("p");
    write(added("m", "one"), insert("m", "two", "b"));
    write(insert("m", "", "c"), splice("m", 3, 0, "\n", "b"));
    write(append("m", 3, " and "), splice("m", 0, 0, "three", "c"));
    slow.down.release();
    const later = server.connect(codec).follow();
    for (const { state } of [reader, waiting, later]) {
      const parts = state?.message("m")?.parts.map((part) => part.kind === "text" && part.text);
      expect(parts).toEqual(["one and ", "two\n", "three"]);
    }
  });

  test("L18: a message that has ended stays so: what is late is dropped, and counted", () => {
    const { reader, writer } = start();
    const [{ client, write }, other] = [writer("p"), writer("q")];
    write(added("turn-1", "first"), added("turn-2", "second"));
    other.write(added("turn-1", "first"), completed("turn-1", digest("first")));
    other.client.take();
    other.write(completed("turn-1", digest("first"))); // twice: nothing
    expect(refusals(other.client)).toEqual([]);
    client.take();
    write(append("turn-1", 5, " late"), append("turn-2", 6, "!"));
    expect(refusals(client)).toEqual([{ message: "turn-1", code: "message_final", count: 1 }]);
    expect(reader.state?.message("turn-1")).toMatchObject({ status: "completed", text: "first" });
    expect(reader.state?.message("turn-2")).toMatchObject({ status: "streaming", text: "second!" });
    expect(reader.decoder.counts.mismatches).toBe(0);
  });

  test("L19: no late write takes a final status back; content leaves an open one alone", () => {
    const { reader, writer } = start();
    const [{ client, write }, other] = [writer("p"), writer("q")];
    const status = (to: "streaming" | "interrupted"): Change => ({
      type: "message_patch",
      id: "m",
      status: to,
    });
    write(added("m"), status("interrupted"));
    write(append("m", 0, "a"));
    expect(reader.state?.message("m")).toMatchObject({ status: "interrupted", text: "a" });
    const cancelled = { ...completed("m", digest("a")), status: "cancelled" } as Change;
    other.write(added("m", "a"), cancelled);
    client.take();
    for (const late of [append("m", 1, "b"), status("streaming"), added("m", "b")]) write(late);
    const refused = { message: "m", code: "message_final", count: 1 };
    expect(refusals(client)).toEqual([refused, refused, refused]);
    expect(reader.state?.message("m")).toMatchObject({ status: "cancelled", text: "a" });
    other.write(added("m", "again", { generation: 1 })); // by name
    expect(reader.state?.message("m")).toMatchObject({ status: "streaming", generation: 1 });
  });

  test("L20: of a completion and a cancellation the first one wins, for everybody", () => {
    const { server, reader, writer } = start();
    const { client, write } = writer("p");
    write(added("m", "x"));
    const end = (status: "completed" | "cancelled"): Change => ({
      type: "message_completed",
      id: "m",
      status,
      digests: [digest("x")],
    });
    client.take();
    write(end("cancelled"));
    write(end("completed"));
    expect(refusals(client)).toEqual([{ message: "m", code: "message_final", count: 1 }]);
    expect(reader.state?.message("m")?.status).toBe("cancelled");
    expect(server.completed).toEqual(["m"]);
  });

  test("L23: no message is taken for an echo by its role: who reads and writes sees all", () => {
    const { server, writer } = start();
    const agent = writer("agent");
    const person = writer("person");
    const views = [agent, person].map(({ client }) => client.follow());
    for (const [i, role] of ["user", "assistant", "system"].entries()) {
      agent.write(added(`a${i}`, role, { role }));
      person.write(added(`p${i}`, role, { role }));
    }
    for (const { state } of views) {
      expect(plain(state)).toEqual(plain(server.channel().state));
      const own = state?.messages.map(({ origin, role }) => `${origin} ${role}`);
      expect(own).toEqual([
        "agent user",
        "person user",
        "agent assistant",
        "person assistant",
        "agent system",
        "person system",
      ]);
    }
  });

  test("L24: what comes before what it is about waits or is repaired, and is not lost", () => {
    const { server, writer } = start();
    const client = server.connect(codec);
    const reader = client.follow("child"); // nobody has announced it
    const { client: agent } = writer("p");
    agent.produce("p", "child");
    client.down.hold();
    agent.send({ ...frame(0, added("m", "begun")), channel: "child" });
    client.down.lose(1);
    client.down.release();
    agent.send({ ...frame(1, append("m", 5, ", and on")), channel: "child" });
    expect(reader.state?.message("m")?.text).toBe("begun, and on");
    expect(reader.decoder.counts).toMatchObject({ gaps: 1, mismatches: 0 });
  });

  test("L33: everybody who asks for a channel by its name sees the same", () => {
    const { server, writer } = start();
    const { write } = writer("p");
    const viewers = [0, 1, 2, 3].map(() => server.connect(codec));
    const readers = viewers.map((viewer) => viewer.follow());
    write(added("m", "Hi"));
    write(append("m", 2, "!"));
    for (const { state } of readers) expect(plain(state)).toEqual(plain(server.channel().state));
    expect(readers[3]?.state?.message("m")?.text).toBe("Hi!");
  });
});
