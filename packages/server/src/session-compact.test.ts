import type { Change, JsonValue } from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import { deflate } from "./deflate.js";
import { Statistics } from "./statistics.js";
import { atOnce } from "./testing/at-once.js";
import { frame } from "./testing/changes.js";
import { plain, type TestClient, type TestReader, TestServer } from "./testing/pair.js";

vi.mock("./deflate.js", async (original) => {
  const real = await original<typeof import("./deflate.js")>();
  return { deflate: vi.fn(real.deflate) };
});

const call = (i: number, more: JsonValue = "src/a.ts"): Change => ({
  type: "message_added",
  id: `m${i}`,
  generation: 0,
  role: "tool",
  attributes: { created_at: `2026-11-21T19:30:${10 + (i % 50)}.123Z`, status: "running" },
  parts: [{ id: "call", kind: "json", value: { tool_call: "read", arguments: { path: more } } }],
});

/** A server with a writer of channel "c", and clients of every kind. */
function start() {
  const server = new TestServer();
  const { token } = atOnce(
    server.channel().attach("p", { fence: () => undefined, lose: () => undefined }),
  );
  let seq = 0;
  const write = (...changes: Change[]) => {
    atOnce(server.channel().append("p", token, frame(seq, ...changes)));
    seq += 1;
  };
  const join = (...capabilities: string[]) => {
    const client = server.connect("msgpack", capabilities);
    client.codec.readsCompact = capabilities.includes("compact");
    return Object.assign(client, { reader: client.follow() });
  };
  return { server, write, join };
}

type Joined = TestClient & { readonly reader: TestReader };

const expectSame = (server: TestServer, clients: readonly Joined[]) => {
  for (const { reader } of clients) {
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 0, mismatches: 0 });
  }
};
const lasts = (clients: readonly Joined[]) => clients.map(({ messages }) => messages.at(-1));
const codes = (clients: readonly Joined[]) => lasts(clients).map((message) => message?.[1]);

describe("compact values", () => {
  test("are encoded once for each kind of those who take them, whoever joins when", () => {
    const { server, write, join } = start();
    const kinds = [[], ["compact"], ["deflate"], ["compact", "deflate"], ["something else"]];
    const clients: Joined[] = [];
    for (let i = 0; i < 40; i++) {
      clients.push(join(...(kinds[i % kinds.length] as string[])));
      write(call(i), call(i + 100));
    }
    expectSame(server, clients);
    vi.mocked(deflate).mockClear();
    write(call(50), call(51, "x".repeat(3000)));
    expect(new Set(lasts(clients)).size).toBe(4);
    expect(deflate).toHaveBeenCalledTimes(2);
    const of = (kind: number) => lasts(clients)[kind]?.length ?? 0;
    expect(of(1)).toBeLessThan(of(0));
    expect(of(3)).toBeLessThan(of(1));
    expectSame(server, clients);
    for (const client of clients.splice(0, 20)) client.session.close(1000, "");
    write(call(60));
    expectSame(server, clients);
  });

  test("go to those only who have said that they read them, where nothing turns them off", () => {
    const { server, write, join } = start();
    const clients = [join(), join("compact")];
    server.options = { compact: false };
    clients.push(join("compact"));
    write(call(0));
    expect(codes(clients)).toEqual([0, 8, 0]);
    expectSame(server, clients);
  });

  test("are turned off and on while clients follow, who are told the context that counts then", () => {
    const { server, write, join } = start();
    const clients = [join(), join("compact"), join("compact", "deflate"), join("deflate")];
    for (let i = 0; i < 12; i++) {
      const isOn = i % 4 < 2;
      for (const { session } of clients) session.capabilities.compact = isOn;
      server.turn();
      write(call(i));
      expect(codes(clients).slice(0, 2)).toEqual([0, isOn ? 8 : 0]);
      expectSame(server, clients);
    }
    // One by one: those who share a context are not all told at once.
    for (const client of clients) {
      client.session.capabilities.compact = false;
      write(call(20));
      expectSame(server, clients);
    }
  });

  test("catch those up who did not read for a while", () => {
    const { server, write, join } = start();
    const clients = [join(), join("compact"), join("compact", "deflate")];
    write(call(0));
    for (const { down } of clients) down.hold();
    for (let i = 1; i < 40; i++) write(call(i, "y".repeat(1000)));
    for (const { down } of clients) down.release();
    write(call(41));
    expectSame(server, clients);
    const late = [join("compact"), join("compact", "deflate")];
    write(call(42));
    expectSame(server, [...clients, ...late]);
  });

  test("are counted: what they would have had, what was sent, how many went compressed", () => {
    const { server, write, join } = start();
    const statistics = new Statistics({ now: () => 0, afterWrites: () => undefined });
    const info = vi.fn();
    const logger = { debug: vi.fn(), info, warn: vi.fn(), error: vi.fn() };
    const { host } = server;
    Object.defineProperty(server, "host", { value: { ...host, statistics, logger } });
    const payload = () =>
      statistics.report({
        channels: 0,
        behind: { consumers: 0, versions: 0 },
        filtered: { subscriptions: 0, filters: 0 },
        on_demand: { loading: 0, kept: 0 },
      }).payload;
    const [usual] = [join(), join("compact")];
    write(call(0));
    statistics.reset();
    write(call(1));
    const each = usual.messages.at(-1)?.length ?? 0;
    const { original, sent, reduction, compressed } = payload();
    expect(original).toBe(2 * each);
    expect(sent).toBeLessThan(0.8 * original);
    expect(reduction).toBe(Math.round((100 * original) / sent) / 100);
    expect(compressed).toBe(0);
    const squeezed = [join("deflate"), join("deflate"), join("compact", "deflate")];
    statistics.reset();
    write(call(2, "z".repeat(20_000)));
    expect(payload()).toMatchObject({ compressed: squeezed.length });
    const lines = info.mock.calls.filter(([, message]) => message === "large payload");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.[0]).toMatchObject({ channel: "c", frame: "changes", compressed: false });
  });
});
