import type { Change } from "@deltawire/spec";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { deflate } from "./deflate.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, completed, digest, frame } from "./testing/changes.js";
import { plain, type TestClient, type TestReader, TestServer } from "./testing/pair.js";

vi.mock("./deflate.js", async (original) => {
  const real = await original<typeof import("./deflate.js")>();
  return { deflate: vi.fn(real.deflate) };
});

const SENTENCE = "Deltas are sent, not documents, and whoever has the text has the dictionary. ";
const TEXT = SENTENCE.repeat(8);
const CAPABLE = ["deflate", "something newer"];

/** A server with a writer of channel "c" whose message "m" is there. */
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
  let { length } = TEXT;
  const grow = (more: string) => {
    write(append("m", length, more));
    length += more.length;
  };
  write(added("m", TEXT));
  const join = (capabilities: readonly string[] | undefined, last?: number) => {
    const client = server.connect("msgpack", capabilities);
    const reader = last === undefined ? client.follow() : client.followLast(last);
    return Object.assign(client, { reader });
  };
  return { server, write, grow, join };
}

type Joined = TestClient & { readonly reader: TestReader };

/** First bytes of what came since the last call. */
function firsts(client: TestClient): number[] {
  const firsts = client.messages.map((message) => Number(message[0]));
  client.messages.length = 0;
  return firsts;
}

const expectSame = (server: TestServer, ...clients: Joined[]) => {
  for (const { reader } of clients) {
    expect(plain(reader.state)).toEqual(plain(server.channel().state));
    expect(reader.decoder.counts).toMatchObject({ gaps: 0, mismatches: 0 });
  }
};

beforeEach(() => {
  vi.mocked(deflate).mockClear();
});

describe("compressed forms", () => {
  test("go to clients that have stated deflate, and to nobody else", () => {
    const { server, grow, join } = start();
    const capable = Array.from({ length: 4 }, () => join(CAPABLE));
    const others = [join(undefined), join([]), join(["inflate"])];
    const json = server.connect("json", CAPABLE);
    json.follow();
    for (const client of [...capable, ...others]) firsts(client);
    grow(SENTENCE);
    grow(` ${SENTENCE}`);
    for (const client of capable) expect(firsts(client)).toEqual([0xd5, 0xd4]);
    for (const client of others) expect(firsts(client)).toEqual([0xc1, 3]);
    expect(json.messages.every((message) => typeof message === "string")).toBe(true);
    expectSame(server, ...capable, ...others);
  });

  test("are made once, however many they go to, and are the same bytes", () => {
    const { grow, join } = start();
    const clients = Array.from({ length: 50 }, () => join(CAPABLE));
    vi.mocked(deflate).mockClear();
    grow(SENTENCE);
    expect(deflate).toHaveBeenCalledOnce();
    const [first, ...rest] = clients.map(({ messages }) => messages.at(-1));
    for (const other of rest) expect(other).toBe(first);
  });

  test("are not made where nobody takes them, or hardly anything is sent", () => {
    const { grow, join } = start();
    join(undefined);
    grow(SENTENCE);
    expect(deflate).not.toHaveBeenCalled();
    const client = join(CAPABLE);
    vi.mocked(deflate).mockClear();
    grow("a word or two");
    grow(SENTENCE);
    expect(deflate).not.toHaveBeenCalled();
    expect(firsts(client).slice(-2)).toEqual([2 + 1, 4]);
  });

  test("are switched off by an option", () => {
    const { server, grow, join } = start();
    server.options = { compression: false };
    const clients = Array.from({ length: 8 }, () => join(CAPABLE));
    grow(SENTENCE);
    expect(deflate).not.toHaveBeenCalled();
    expectSame(server, ...clients);
  });

  test("are not sent where they are not smaller", () => {
    const { server, grow, join } = start();
    const clients = Array.from({ length: 30 }, () => join(CAPABLE));
    grow("0x7f3a9c51e");
    expect(deflate).toHaveBeenCalled();
    for (const client of clients) expect(firsts(client).at(-1)).toBe(0xc1);
    expectSame(server, ...clients);
  });

  test("that need the whole dictionary do not go to windows, a snapshot does", () => {
    const { server, write, grow, join } = start();
    write(added("n", "another message"));
    const whole = Array.from({ length: 4 }, () => join(CAPABLE));
    const all = join(CAPABLE, 2);
    const windowed = join(CAPABLE, 1);
    const { seq } = server.channel().state;
    for (const client of [...whole, all, windowed]) {
      expect(client.reader.state?.seq).toBe(seq);
      firsts(client);
    }
    write(append("n", 15, `, ${SENTENCE}`));
    for (const client of [...whole, all]) expect(firsts(client)).toEqual([0xd5]);
    expect(firsts(windowed)).toEqual([0xc1]);
    grow(SENTENCE);
    expectSame(server, ...whole, all);
    expect(windowed.reader.state?.messages).toHaveLength(1);
    expect(windowed.reader.decoder.counts).toMatchObject({ gaps: 0, mismatches: 0 });
  });

  test("of a large join are smaller, chunk by chunk", () => {
    const { server, grow, join } = start();
    grow(Array.from({ length: 1500 }, (_, i) => `${i}: ${SENTENCE}`).join("\n"));
    const [capable, other] = [join(CAPABLE), join(undefined)];
    const size = ({ messages }: TestClient) =>
      messages.reduce((sum, { length }) => sum + length, 0);
    expect(capable.messages.map(([first]) => first)).toContain(0xd7);
    expect(size(capable)).toBeLessThan(0.5 * size(other));
    expectSame(server, capable, other);
  });
});

describe("recent bytes", () => {
  const two = (at: number): Change[] =>
    ["m", "n"].map((id) => ({
      type: "message_patch",
      id,
      attributes: [{ op: "add", path: "/title", value: `${at} ${SENTENCE}` }],
    }));

  test("are stated to who joins, whatever came before", () => {
    const { server, write, join } = start();
    write(added("n"));
    const clients = Array.from({ length: 20 }, () => join(CAPABLE));
    write(...two(0));
    write(...two(1));
    clients.push(join(CAPABLE));
    for (const client of clients) firsts(client);
    write(...two(2));
    for (const client of clients) expect(firsts(client)).toEqual([0xd6]);
    expectSame(server, ...clients);
  });

  test("are none again once all have left", () => {
    const { server, write, join } = start();
    write(added("n"));
    const before = Array.from({ length: 20 }, () => join(CAPABLE));
    const decoder = before[0]?.reader.decoder;
    write(...two(0));
    const other = join(undefined);
    for (const client of before) client.send({ type: "unsubscribe", channel: "c" });
    decoder?.leave();
    const readers = [server.connect("msgpack", CAPABLE).follow("c", decoder)];
    for (let i = 0; i < 20; i++) readers.push(server.connect("msgpack", CAPABLE).follow());
    write(...two(1));
    write(...two(2));
    for (const reader of readers) {
      expect(plain(reader.state)).toEqual(plain(server.channel().state));
      expect(reader.decoder.counts).toMatchObject({ gaps: 0, mismatches: 0 });
    }
    expectSame(server, other);
  });

  test("of what is completed, removed and begun anew are the same at both ends", () => {
    const { server, write, join } = start();
    write(added("n"));
    const clients = Array.from({ length: 20 }, () => join(CAPABLE));
    write({ type: "message_removed", id: "n" });
    write(added("n", SENTENCE, { generation: 1 }));
    write({ type: "message_removed", id: "n" }, added("o", SENTENCE), added("q", SENTENCE));
    write(completed("o", digest(SENTENCE)));
    write({ type: "channel_patch", attributes: [{ op: "add", path: "/title", value: SENTENCE }] });
    expectSame(server, ...clients);
  });
});
