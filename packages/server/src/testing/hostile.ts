import type { Wire } from "@deltawire/protocol";
import type { ErrorCode } from "@deltawire/spec";
import { expect } from "vitest";
import { added, append, frame } from "./changes.js";
import { plain, type TestClient, TestServer } from "./pair.js";

/** A client, and a server with a reader and a writer of channel "c" who have nothing to do with it. */
export function startHostile(codec: "json" | "msgpack"): {
  readonly server: TestServer;
  readonly client: TestClient;
  /** The others go on, and so does the client. */
  readonly expectAllWell: (client: TestClient) => void;
} {
  const server = new TestServer();
  const reader = server.connect("msgpack").follow();
  const writer = server.connect("json");
  writer.produce("w");
  writer.send(frame(0, added("others")));
  let seq = 1;
  const expectAllWell = (client: TestClient) => {
    writer.send(frame(seq, append("others", seq - 1, "x")));
    seq += 1;
    expect(reader.state?.message("others")?.text).toBe("x".repeat(seq - 1));
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    client.take();
    client.send({ type: "ping", id: seq });
    expect(client.take()).toEqual([{ type: "pong", id: seq }]);
    expect(server.defects).toEqual([]);
  };
  return { server, client: server.connect(codec), expectAllWell };
}

export type Case = readonly [what: string, message: Wire, code: ErrorCode, path: string];

/** Sends a message, which is refused by one error: nothing else happens to anybody. */
export function expectRefused(
  codec: "json" | "msgpack",
  [, message, code, path]: Case,
  ...before: Wire[]
): void {
  const { server, client, expectAllWell } = startHostile(codec);
  for (const earlier of before) client.up.send(earlier);
  server.turn();
  client.take();
  client.up.send(message);
  const [answer, ...more] = client.take();
  expect(answer).toMatchObject({ type: "error", code, path });
  expect(answer).toHaveProperty("message", expect.stringMatching(/\w{2,}/));
  expect(more).toEqual([]);
  expect(client.closed).toBeUndefined();
  expectAllWell(client);
}
