import { type Channel, connect, type Filter, type Wire } from "@deltawire/client";
import { createServer, type Server, type StatisticsReport } from "@deltawire/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

let server: Server;
let url: string;
const wires: Wire[] = [];

beforeEach(async () => {
  server = createServer({
    limits: { lease: 300 },
    channels: { "presence/*": { retention: { age: 0 } } },
  });
  ({ url } = await server.listen({ port: 0 }));
});

afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await server.close();
});

function open(options?: Parameters<typeof connect>[1]): Wire {
  const wire = connect(url, options);
  wires.push(wire);
  return wire;
}

const idsOf = ({ state }: Pick<Channel, "state">): string[] => state.messages.map(({ id }) => id);

const shows = (channel: Pick<Channel, "state">, ...ids: string[]): Promise<void> =>
  vi.waitFor(() => expect(idsOf(channel)).toEqual(ids), 10_000);

const ways = [
  { codec: "msgpack", transport: "websocket" },
  { codec: "json", transport: "websocket" },
  { codec: "json", transport: "http" },
] as const;

describe.each(ways)("a filter by $transport, as $codec", (way) => {
  const alerts: Filter = { kind: "alert" };

  test("shows what matches, and another one what matches that", async () => {
    const board = server.channel("board");
    board.event("note", { id: "n" });
    board.event("alert", { id: "a", attributes: { level: 1 } });
    const channel = open(way).channel("board", { filter: alerts });
    const stop = channel.subscribe(() => undefined);
    await shows(channel, "a");
    board.event("note", { id: "o" });
    board.event("alert", { id: "b", attributes: { level: 5 } });
    await shows(channel, "a", "b");
    channel.setFilter({ attributes: { "/level": { min: 3 } } });
    expect(idsOf(channel)).toEqual(["a", "b"]); // until the others are there
    await shows(channel, "b");
    channel.setFilter(undefined);
    await shows(channel, "n", "a", "o", "b");
    stop();
  });

  test("has earlier messages that match", async () => {
    const board = server.channel("board");
    for (let i = 0; i < 5; i++) {
      board.event("alert", { id: `a${i}` });
      board.event("note", { id: `n${i}` });
    }
    await board.flush();
    const channel = open(way).channel("board", { filter: alerts, last: 2 });
    const stop = channel.subscribe(() => undefined);
    await shows(channel, "a3", "a4");
    expect(channel.state.earlier).toBe(3);
    await channel.earlier(2);
    expect(idsOf(channel)).toEqual(["a1", "a2", "a3", "a4"]);
    stop();
  });
});

test.each(ways)(
  "what is no filter is refused by the server, by $transport, as $codec",
  async (way) => {
    const channel = open(way).channel("board", { filter: { kinds: "alert" } as Filter });
    const stop = channel.subscribe(() => undefined);
    await vi.waitFor(() => expect(channel.status.is).toBe("stopped"), 10_000);
    expect(channel.error?.code).toBe("malformed");
    expect(channel.error?.message).toContain("expected id, role, kind, attributes");
    server.channel("board").event("alert", { id: "a" });
    channel.setFilter({ kind: "alert" }); // says nothing of the one before
    await shows(channel, "a");
    expect(channel.status.is).toBe("live");
    expect(await filtered()).toBe(1);
    channel.setFilter({ kinds: "alert" } as Filter);
    await vi.waitFor(() => expect(channel.status.is).toBe("stopped"), 10_000);
    await expect.poll(filtered).toBe(0); // nor does the server go on with the one before
    stop();
  },
);

/** Subscriptions with a filter that the server has now. */
async function filtered(): Promise<number> {
  const answer = await server.admin(new Request("http://localhost/stats"));
  const { subscriptions } = (await answer.json()) as StatisticsReport;
  return subscriptions.filtered.open;
}

test("what is not JSON is no filter: nothing of it is left out unseen", () => {
  const wire = open();
  const filter = { kind: undefined } as unknown as Filter;
  expect(() => wire.channel("board", { filter })).toThrow("expected a JSON value at /filter/kind");
  const channel = wire.channel("board", { filter: { kind: "alert" } });
  expect(() => channel.setFilter(filter)).toThrow("/filter/kind");
  expect(channel.filter).toEqual({ kind: "alert" });
});

test("a channel is read by one filter on a connection; who states another, or none, is told", () => {
  const wire = open();
  const one = wire.channel("board", { filter: { kind: "a" } });
  expect(wire.channel("board", { filter: { kind: "b", role: "r" } })).toBe(one);
  expect(one.filter).toEqual({ kind: "b", role: "r" });
  const stop = one.subscribe(() => undefined);
  expect(wire.channel("board", { filter: { role: "r", kind: "b" } })).toBe(one); // in another order
  const told = expect.objectContaining({ code: "limit_exceeded" });
  expect(() => wire.channel("board", { filter: { kind: "a" } })).toThrow(told);
  expect(() => wire.channel("board")).toThrow(told);
  stop();
  expect(wire.channel("board")).toBe(one); // nobody reads: now it is the whole channel
  expect(one.filter).toBeUndefined();
  one.subscribe(() => undefined);
  expect(() => wire.channel("board", { filter: {} })).toThrow("is read by no filter here");
});

describe("presence", () => {
  /** Who is here: those whose message is open, and whose connection is there. */
  const here = ({ state }: Pick<Channel, "state">): unknown[] =>
    state.messages.flatMap(({ status, attributes }) =>
      status === "streaming" ? [attributes.name] : [],
    );

  const enter = (wire: Wire, name: string) =>
    wire
      .channel("presence/1")
      .write(name, { role: "presence", attributes: { name }, reopen: true });

  test("shows who is connected, and nobody who is not", async () => {
    const room = open().channel("presence/1");
    const stop = room.subscribe(() => undefined);
    const [anna, ben] = [open(), open()];
    const message = enter(anna, "anna");
    enter(ben, "ben");
    await vi.waitFor(() => expect(here(room).sort()).toEqual(["anna", "ben"]), 10_000);
    await message.complete(); // she leaves the room
    await vi.waitFor(() => expect(here(room)).toEqual(["ben"]), 10_000);
    await ben.close(); // he leaves the page: nothing was said
    await vi.waitFor(() => expect(here(room)).toEqual([]), 10_000);
    enter(anna, "anna");
    await vi.waitFor(() => expect(here(room)).toEqual(["anna"]), 10_000);
    stop();
  });
});
