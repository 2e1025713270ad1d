import type { Frame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { RateLimits } from "./rate-limit.js";
import { AskingServer, exchange, LIMITS } from "./testing/asking-server.js";
import type { TestClient } from "./testing/pair.js";

const subscribe = { type: "subscribe", channel: "c", request: 3 } as const;
const produce = { type: "produce", channel: "c", producer: "p" } as const;

describe("limits", () => {
  test("of connections are each principal's", async () => {
    const asking = new AskingServer();
    const [first] = [await asking.connect("ann"), await asking.connect("ann")];
    const third = await asking.connect("ann");
    expect(third.take()).toMatchObject([{ type: "error", code: "overloaded" }]);
    expect(third.closed?.code).toBe(4429);
    expect((await asking.connect("bob")).closed).toBeUndefined();
    first?.session.end();
    expect((await asking.connect("ann")).closed).toBeUndefined();
  });

  test("of channels are each principal's, over all its connections", async () => {
    const asking = new AskingServer();
    asking.server.limits = new RateLimits({ ...LIMITS, channelsPerPrincipal: 3 });
    const [one, other] = [await asking.connect("ann"), await asking.connect("ann")];
    const use = async (client: TestClient, frame: Frame) =>
      (await exchange(client, frame)).flatMap((answer) => ("code" in answer ? answer.code : []));
    expect(await use(one, { ...subscribe, channel: "a" })).toEqual([]);
    expect(await use(one, { ...produce, channel: "a" })).toEqual([]);
    expect(await use(one, { ...produce, channel: "a" })).toEqual([]); // the same one again
    expect(await use(other, { ...subscribe, channel: "b" })).toEqual([]);
    expect(await use(other, { ...subscribe, channel: "c" })).toEqual(["overloaded"]);
    expect(await use(other, { ...produce, channel: "c" })).toEqual(["overloaded"]);
    await exchange(other, { type: "unsubscribe", channel: "b" });
    expect(await use(other, { ...subscribe, channel: "c" })).toEqual([]);
    one?.session.end(); // what it has used is free again, and no more than that
    expect(await use(other, { ...subscribe, channel: "a" })).toEqual([]);
    expect(await use(other, { ...subscribe, channel: "b" })).toEqual([]);
    expect(await use(other, { ...subscribe, channel: "d" })).toEqual(["overloaded"]);
  });

  test.each<[string, (client: TestClient) => void]>([
    [
      "frames",
      (client) => {
        for (let i = 0; i < 21; i++) client.send({ type: "ping", id: i });
      },
    ],
    [
      "bytes",
      (client) => {
        client.send({ type: "authenticate", token: "x".repeat(10_000) }, { type: "ping" });
      },
    ],
  ])(
    "of %s a second: past them the connection is closed, over all of a principal",
    async (_what, use) => {
      const asking = new AskingServer();
      const [ann, other, bob] = [
        await asking.connect("ann"),
        await asking.connect("ann"),
        await asking.connect("bob"),
      ];
      use(ann);
      expect(ann.take().at(-1)).toMatchObject({ type: "error", code: "overloaded" });
      expect(ann.closed?.code).toBe(4429);
      other.send({ type: "ping" });
      expect(other.closed?.code).toBe(4429);
      expect(await exchange(bob, { type: "ping", id: 1 })).toEqual([{ type: "pong", id: 1 }]);
      asking.server.clock.advance(2000);
      expect((await asking.connect("ann")).closed).toBeUndefined();
    },
  );
});
