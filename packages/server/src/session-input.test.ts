import { LIMITS } from "@deltawire/spec";
import { encode as pack } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { startHostile } from "./testing/hostile.js";
import { TestClient, TestServer } from "./testing/pair.js";

describe.each(["json", "msgpack"] as const)("too much of it (%s)", (codec) => {
  const bad = codec === "json" ? "{" : new Uint8Array([0xc9]);

  test("closes the connection at the sixteenth frame, and only that connection", () => {
    const { server, client, expectAllWell } = startHostile(codec);
    for (let i = 1; i < LIMITS.max_malformed_frames; i++) client.up.send(bad);
    expect(client.take()).toHaveLength(15);
    expect(client.closed).toBeUndefined();
    client.up.send(bad);
    expect(client.closed?.code).toBe(4400);
    expect(client.take()).toMatchObject([{ type: "error", code: "malformed" }]);
    for (let i = 0; i < 5000; i++) client.up.send(bad);
    expect(client.take()).toEqual([]);
    expectAllWell(server.connect(codec));
  });

  test("frames that can be read and make no sense do not count", () => {
    const { client, expectAllWell } = startHostile(codec);
    for (let i = 0; i < 100; i++) client.send({ type: "hello", version: 1 });
    expect(client.closed).toBeUndefined();
    expectAllWell(client);
  });

  test("hello in another version closes it: there is nothing to talk about", () => {
    const server = new TestServer();
    const stranger = new TestClient(server, codec);
    const hello = { type: "hello", version: 2 };
    stranger.up.send(codec === "json" ? JSON.stringify(hello) : pack(hello));
    expect(stranger.take()).toMatchObject([
      { type: "error", code: "unsupported_version", path: "/version" },
    ]);
    expect(stranger.closed?.code).toBe(4400);
  });
});
