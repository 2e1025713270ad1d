import { type Change, LIMITS } from "@deltawire/spec";
import { expect, test } from "vitest";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";
import { plain, type TestClient, TestServer } from "./testing/pair.js";

// No message that a server sends is larger than `max_frame_bytes`, also where the same frame is
// small in one codec and large in the other.

const largest = ({ messages }: TestClient): number =>
  Math.max(...messages.map((message) => Buffer.byteLength(message)));

function write(server: TestServer): (...changes: Change[]) => void {
  const { token } = atOnce(
    server.channel().attach("p", { fence: () => undefined, lose: () => undefined }),
  );
  let seq = 0;
  return (...changes) => {
    atOnce(server.channel().append("p", token, frame(seq, ...changes)));
    seq += 1;
  };
}

test("a live frame that is too large in JSON is left out, and made good in chunks", () => {
  const server = new TestServer();
  const append8 = write(server);
  append8(added("m"));
  const clients = [server.connect("json"), server.connect("msgpack")];
  const readers = clients.map((client) => client.follow());
  const length = 8_000_000;
  append8(append("m", 0, "\0".repeat(length))); // six bytes each in JSON
  expect(readers[1]?.state?.message("m")?.size).toBe(length + 8);
  append8(append("m", length, "!"));
  for (const reader of readers) {
    expect(reader.state?.message("m")?.digests()).toEqual(
      server.channel().state.message("m")?.digests(),
    );
  }
  for (const client of clients) expect(largest(client)).toBeLessThan(LIMITS.max_frame_bytes);
  expect(largest(clients[1] as TestClient)).toBeGreaterThan(length);
}, 20_000);

test.each(["json", "msgpack"] as const)(
  "a snapshot that no frame can carry is an error to who asks, and to nobody else (%s)",
  (codec) => {
    const server = new TestServer();
    const change = write(server);
    const value = "€".repeat(2_000_000);
    change({ type: "channel_patch", attributes: [{ op: "add", path: "/a", value }] });
    const parts = [{ id: "data", kind: "json", value } as const];
    const early = server.connect(codec).follow();
    change(added("m", "", { attributes: { value }, parts }));
    const client = server.connect(codec);
    client.send({ type: "subscribe", channel: "c", request: 4 }, { type: "ping", id: 1 });
    const frames = client.take();
    if (frames[1]?.type === "snapshot") return; // it has come to fit
    expect(frames).toMatchObject([
      { type: "subscribed", request: 4 },
      { type: "error", code: "limit_exceeded", channel: "c", request: 4 },
      { type: "pong" },
    ]);
    expect(plain(early.state)).toEqual(plain(server.channel().state));
  },
  20_000,
);
