import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Lines } from "./lines.js";

let server: Server;
let lines: Lines;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  lines = await Lines.open(() => (server.address() as AddressInfo).port);
});
afterEach(async () => {
  await lines.close();
  server.close();
});

async function viewer(name: string) {
  const line = await lines.viewer(name);
  if (!line) throw new Error(`no line for ${name}`);
  return line;
}

describe("Lines", () => {
  it("keeps one line a name", async () => {
    const [a, again] = await Promise.all([lines.viewer("a"), lines.viewer("a")]);
    expect(a).toBe(again);
    expect(lines.viewers.map(({ name }) => name)).toEqual(["a"]);
  });

  it("does the worse of what it and what all were told", async () => {
    const a = await viewer("a");
    const b = await viewer("b");
    a.set("slow");
    lines.set("stalled");
    expect([a.network, b.network, lines.editor.network, lines.visitor.network]).toEqual(
      Array(4).fill("stalled"),
    );
    a.set("cut");
    expect([a.network, b.network]).toEqual(["cut", "stalled"]);
    expect((await viewer("late")).network).toBe("stalled");
    lines.set("live");
    expect([a.network, b.network, lines.editor.network]).toEqual(["cut", "live", "live"]);
    expect(a.report).toMatchObject({ name: "a", network: "cut", open: 0, down: 0 });
  });

  it("has 64 at most: who comes then takes the place of one that nobody uses", async () => {
    for (let n = 0; n < 64; n++) (await viewer(`v${n}`)).set("slow"); // told: kept
    expect(await lines.viewer("one-more")).toBeUndefined();
    (await viewer("v7")).set("live");
    expect(await lines.viewer("one-more")).toBeDefined();
    const names = lines.viewers.map(({ name }) => name);
    expect(names).toHaveLength(64);
    expect(names).not.toContain("v7");
    expect(names.at(-1)).toBe("one-more");
  });

  it("keeps one that is connected", async () => {
    const kept = await viewer("kept");
    const socket = connect(kept.port, "127.0.0.1");
    await vi.waitFor(() => expect(kept.report.open).toBe(1));
    expect(kept.isIdle).toBe(false);
    socket.destroy();
    await vi.waitFor(() => expect(kept.isIdle).toBe(true));
  });

  it("takes 32 connections of one client", async () => {
    const line = await viewer("eager");
    const sockets = Array.from({ length: 32 }, () => connect(line.port, "127.0.0.1"));
    await vi.waitFor(() => expect(line.report.open).toBe(32));
    expect(line.isFull).toBe(true);
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(line.isFull).toBe(false));
  });
});
