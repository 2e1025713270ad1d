import { describe, expect, test } from "vitest";
import { Session } from "./session.js";
import { AskingServer, exchange, settle } from "./testing/asking-server.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, frame } from "./testing/changes.js";

const subscribe = { type: "subscribe", channel: "c", request: 3 } as const;
const produce = { type: "produce", channel: "c", producer: "p" } as const;

describe("hello", () => {
  test.each([undefined, "", "nobody"])("with the token %j is refused", async (token) => {
    const client = await new AskingServer().connect(token);
    expect(client.take()).toMatchObject([{ type: "error", code: "unauthorized" }]);
    expect(client.closed?.code).toBe(4401);
  });

  test("needs no token where the handshake has shown enough", async () => {
    const { server } = new AskingServer();
    const sent: string[] = [];
    const transport = {
      waiting: 0,
      send: (message: string | Uint8Array) => void sent.push(String(message)),
      close: () => undefined,
      onDrain: () => undefined,
    };
    const credentials = { headers: new Headers(), token: "ann" };
    const session = new Session(server.host, transport, {
      subprotocol: "deltawire.v1.json",
      credentials,
    });
    session.receive('{"type":"hello","version":1}');
    await settle();
    expect(sent).toEqual([expect.stringContaining("welcome")]);
  });

  test("says until when the token is good", async () => {
    const asking = new AskingServer();
    asking.lifetime = 60_000;
    const client = await asking.connect("ann");
    expect(client.take()).toMatchObject([{ type: "welcome", expires_in: 60_000 }]);
  });
});

describe("a token", () => {
  test("that expires ends the connection", async () => {
    const asking = new AskingServer();
    asking.lifetime = 60_000;
    const client = await asking.connect("ann");
    client.take();
    asking.server.clock.advance(59_999);
    expect(client.closed).toBeUndefined();
    asking.server.clock.advance(1);
    expect(client.take()).toMatchObject([{ type: "error", code: "unauthorized" }]);
    expect(client.closed?.code).toBe(4401);
  });

  test("that is renewed in time loses nothing", async () => {
    const asking = new AskingServer();
    asking.lifetime = 60_000;
    const client = await asking.connect("ann");
    await exchange(client, subscribe, produce, frame(0, added("m")));
    for (let i = 0; i < 5; i++) {
      asking.server.clock.advance(59_000);
      const answer = await exchange(client, { type: "authenticate", token: "ann/again" });
      expect(answer).toContainEqual({ type: "authenticated", expires_in: 60_000 });
      const frames = await exchange(client, frame(1 + i, append("m", i, "x")));
      expect(frames).toContainEqual(expect.objectContaining({ type: "changes", to: 2 + i }));
    }
    expect(client.closed).toBeUndefined();
  });

  test.each(["nobody", "bob"])("of %s renews nothing; the old one counts", async (token) => {
    const asking = new AskingServer();
    asking.lifetime = 60_000;
    const client = await asking.connect("ann");
    await exchange(client, subscribe);
    asking.server.clock.advance(50_000);
    const answer = await exchange(client, { type: "authenticate", token });
    expect(answer).toMatchObject([{ type: "error", code: "unauthorized" }]);
    expect(JSON.stringify(answer)).not.toContain(token);
    expect(client.closed).toBeUndefined();
    asking.server.clock.advance(10_000);
    expect(client.closed?.code).toBe(4401);
  });

  test("that says less than before ends what is not allowed any more, and nothing else", async () => {
    const asking = new AskingServer();
    const client = await asking.connect("ann");
    await exchange(client, subscribe, produce, frame(0, added("m")));
    asking.server.turn();
    const answer = await exchange(client, { type: "authenticate", token: "ann/observer" });
    expect(answer.slice(0, 2)).toMatchObject([
      { type: "authenticated" },
      { type: "error", code: "forbidden", channel: "c" },
    ]);
    expect(answer[1]).not.toHaveProperty("request");
    const refused = await exchange(client, frame(1, append("m", 0, "x")));
    expect(refused).toMatchObject([{ type: "error", code: "unexpected_frame" }]);
    expect([...asking.server.channel().subscriptions]).toHaveLength(1);
  });
});

describe("a right that is withdrawn", () => {
  test("ends the subscription with its request; everything else goes on", async () => {
    const asking = new AskingServer();
    const [ann, bob] = [await asking.connect("ann"), await asking.connect("bob")];
    for (const client of [ann, bob]) {
      await exchange(client, subscribe, { ...subscribe, channel: "d" });
    }
    asking.allowed = ({ principal, channel }) => principal.id !== "ann" || channel !== "c";
    await ann.session.reauthorize();
    await bob.session.reauthorize();
    expect(ann.take()).toMatchObject([
      { type: "error", code: "forbidden", channel: "c", request: 3 },
    ]);
    expect(bob.take()).toEqual([]);
    expect([...asking.server.channel("c").subscriptions]).toHaveLength(1);
    expect([...asking.server.channel("d").subscriptions]).toHaveLength(2);
    const again = await exchange(ann, subscribe);
    expect(again).toMatchObject([{ type: "error", code: "forbidden", request: 3 }]);
  });

  test("shows nothing more to a client that reads slowly", async () => {
    const asking = new AskingServer();
    const ann = await asking.connect("ann");
    await exchange(ann, subscribe);
    ann.down.hold();
    const channel = asking.server.channel();
    const { token } = atOnce(channel.attach("w", { fence() {}, lose() {} }));
    channel.append("w", token, frame(0, added("m", "x".repeat(20_000))));
    atOnce(channel.append("w", token, frame(1, append("m", 20_000, "secret"))));
    asking.allowed = () => false;
    await ann.session.reauthorize();
    ann.down.release();
    expect(ann.take().at(-1)).toMatchObject({ type: "error", code: "forbidden" });
    expect(ann.messages.join()).not.toContain("secret");
  });

  test("is asked for where it is meant only", async () => {
    const asking = new AskingServer();
    const ann = await asking.connect("ann");
    await exchange(ann, subscribe, { ...subscribe, channel: "d" }, produce);
    asking.asked.length = 0;
    await ann.session.reauthorize(({ id }) => id === "bob");
    expect(asking.asked).toEqual([]);
    await ann.session.reauthorize((_principal, channel) => channel === "c");
    expect(asking.asked.sort()).toEqual(["ann produce c", "ann subscribe c"]);
  });

  test("counts for what was asked before and is answered after", async () => {
    const answers: ((yes: boolean) => void)[] = [];
    const asking = new AskingServer({
      authorize: () => new Promise<boolean>((resolve) => answers.push(resolve)),
    });
    const ann = await asking.connect("ann");
    const asked = exchange(ann, subscribe);
    await settle();
    const withdrawn = ann.session.reauthorize();
    answers[0]?.(true); // an answer of before
    await settle();
    answers[1]?.(false);
    await withdrawn;
    expect(await asked).toEqual([]);
    await settle();
    expect(ann.take()).toMatchObject([{ type: "error", code: "forbidden" }]);
    expect([...asking.server.channel().subscriptions]).toEqual([]);
  });
});

test("an answer that comes when the client is gone does nothing", async () => {
  const answers: ((yes: boolean) => void)[] = [];
  const asking = new AskingServer({
    authorize: () => new Promise<boolean>((resolve) => answers.push(resolve)),
  });
  const ann = await asking.connect("ann");
  ann.send(subscribe, produce);
  await settle();
  ann.session.end();
  for (const answer of answers) answer(true);
  await settle();
  expect([...asking.server.channel().subscriptions]).toEqual([]);
  expect(asking.server.defects).toEqual([]);
});

test("a channel that is followed is not asked for again; one that was left is", async () => {
  const asking = new AskingServer();
  const ann = await asking.connect("ann");
  await exchange(ann, subscribe, { ...subscribe, request: 4 });
  expect(asking.asked).toEqual(["ann subscribe c"]);
  await exchange(ann, { type: "unsubscribe", channel: "c" }, { ...subscribe, request: 5 });
  expect(asking.asked).toEqual(["ann subscribe c", "ann subscribe c"]);
});
