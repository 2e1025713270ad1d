import { connect } from "@deltawire/client";
import { createServer, type Logger, type Server, type StatisticsReport } from "@deltawire/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";

let server: Server;
let url: string;
let admin: string;

const wires: { close(): Promise<void> }[] = [];
const open = (options = {}) => {
  const wire = connect(url, { throttle: 0, ...options });
  wires.push(wire);
  return wire;
};
const stats = async (): Promise<StatisticsReport> => (await fetch(`${admin}/stats`)).json();

beforeEach(async () => {
  server = createServer();
  const listening = await server.listen({ port: 0, admin: {} });
  url = listening.url;
  admin = listening.adminUrl ?? "";
});
afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await server.close();
});

/** A message of so many appends, read by one consumer to its end. */
async function stream(appends: number) {
  const reader = open().channel("c");
  reader.subscribe(() => undefined);
  await vi.waitFor(() => expect(reader.isLive).toBe(true));
  const reply = open().channel("c").write("m", { role: "assistant" });
  for (let i = 0; i < appends; i++) {
    reply.append("0123456789");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await reply.complete();
  await vi.waitFor(() => expect(reader.state.message("m")?.isFinal).toBe(true));
}

describe("GET /stats", () => {
  test("counts what was sent, and what sending messages whole would have cost", async () => {
    await stream(50);
    const report = await stats();
    expect(report.connections).toMatchObject({ open: 2, opened: 2 });
    expect(report.subscriptions).toMatchObject({ open: 1, joined: 1 });
    expect(report.subscriptions.behind).toEqual({ consumers: 0, versions: 0 });
    expect(report.channels).toBe(1);
    expect(report.frames.in).toBeGreaterThan(50);
    expect(report.frames.out).toBeGreaterThan(50);
    expect(report.bytes.in).toBeGreaterThan(500);
    // 10 + 20 + ... + 500, unless some appends shared a frame, and the end, which states no text
    expect(report.bytes.resending).toBeLessThanOrEqual((50 * 51 * 10) / 2 + 500 + 50 * 10);
    expect(report.bytes.resending).toBeGreaterThan(5000);
    expect(report.bytes.reduction).toBeCloseTo(report.bytes.resending / report.bytes.out, 1);
    expect(report.time_to_first_chunk.count).toBe(1);
    expect(report.time_per_chunk.count).toBeGreaterThan(20);
    expect(report.time_per_chunk.mean).toBeGreaterThan(0.5);
    expect(report.delivery_latency.count).toBeGreaterThan(20);
    expect(report.delivery_latency.max).toBeLessThan(1000);
  });

  test("tells resumes, errors and commands apart, and starts again where it is reset", async () => {
    const wire = open();
    const channel = wire.channel("c");
    open()
      .channel("c")
      .onCommand("stop", () => "ok");
    await channel.command("stop");
    await expect(channel.command("go")).rejects.toMatchObject({ code: "unknown_command" });
    const socket = new WebSocket(url, "deltawire.v1.json");
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const version = { epoch: "another", seq: 7 };
    socket.send(JSON.stringify({ type: "hello", version: 1 }));
    socket.send(JSON.stringify({ type: "subscribe", channel: "c", request: 1, ...version }));
    socket.send(JSON.stringify({ type: "subscribe", channel: "c", request: 2 }));
    socket.send(JSON.stringify({ type: "nonsense" }));
    await vi.waitFor(async () => expect((await stats()).errors).toEqual({ unknown_frame: 1 }));
    const report = await stats();
    expect(report.commands).toEqual({ done: 1, unknown_command: 1 });
    expect(report.subscriptions.resumed).toEqual({ current: 0, changes: 0, snapshot: 1 });
    expect(report.subscriptions.resyncs).toEqual({ gap: 0, mismatch: 1 });
    socket.close(1000);
    await vi.waitFor(async () => expect((await stats()).connections.closed).toEqual({ 1000: 1 }));
    expect((await fetch(`${admin}/stats/reset`, { method: "POST" })).status).toBe(204);
    const after = await stats();
    expect(after).toMatchObject({ errors: {}, commands: {}, connections: { open: 2, opened: 0 } });
    expect(after.bytes).toEqual({ in: 0, out: 0, resending: 0, reduction: 0 });
    expect(after.time_to_first_chunk).toEqual({ count: 0, mean: 0, p50: 0, p99: 0, max: 0 });
    expect(after.period).toBeLessThan(report.period + 1000);
  });
});

describe("GET /metrics", () => {
  test("says the same in the text format of Prometheus, under OpenTelemetry's names", async () => {
    await stream(30);
    const response = await fetch(`${admin}/metrics`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const report = await stats();
    const value = (line: string) =>
      Number(
        text
          .split("\n")
          .find((l) => l.startsWith(`${line} `))
          ?.split(" ")[1],
      );
    expect(value("deltawire_connections")).toBe(2);
    expect(value('deltawire_frames_total{network_io_direction="receive"}')).toBe(report.frames.in);
    expect(value("deltawire_resending_bytes_total")).toBe(report.bytes.resending);
    const first = "gen_ai_client_operation_time_to_first_chunk_seconds";
    expect(text).toContain(`# TYPE ${first} histogram`);
    expect(value(`${first}_bucket{le="10"}`)).toBe(1);
    expect(value(`${first}_bucket{le="+Inf"}`)).toBe(1);
    const each = "gen_ai_client_operation_time_per_output_chunk_seconds";
    expect(value(`${each}_count`)).toBe(report.time_per_chunk.count);
    const mean = value(`${each}_sum`) / value(`${each}_count`);
    expect(1000 * mean).toBeCloseTo(report.time_per_chunk.mean, 2);
    const buckets = [...text.matchAll(new RegExp(`${each}_bucket.* (\\d+)`, "g"))].map(([, n]) =>
      Number(n),
    );
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    expect(await (await fetch(`${admin}/metrics`)).text()).toContain(`${first}_count 1`); // not twice
  });
});

describe("operators", () => {
  test("see health; nothing of it is where clients come in", async () => {
    const health = await fetch(`${admin}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    for (const path of ["/health", "/stats", "/metrics", "/wire/stats"]) {
      expect((await fetch(new URL(path, url.replace("ws", "http")))).status).toBe(404);
    }
    const closing = server.close();
    expect((await server.admin(new Request("http://x/health"))).status).toBe(503);
    await closing;
    await expect(fetch(`${admin}/health`)).rejects.toThrow();
  });

  test.each([
    ["/stats/reset", "GET", 405, "POST"],
    ["/stats", "POST", 405, "GET"],
    ["/nothing", "GET", 404, null],
    ["/constructor", "GET", 404, null],
  ])("%s by %s is %i", async (path, method, status, allow) => {
    const response = await server.admin(new Request(`http://x${path}`, { method }));
    expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
  });

  test("are not pages that somebody has open, or names that lead here", async () => {
    const evil = { headers: { origin: "https://evil.example" }, method: "POST" };
    expect((await fetch(`${admin}/stats/reset`, evil)).status).toBe(403);
    const { request } = await import("node:http");
    const status = await new Promise((resolve) => {
      const headers = { host: "evil.example" };
      request(`${admin}/stats`, { headers }, ({ statusCode }) => resolve(statusCode)).end();
    });
    expect(status).toBe(403);
  });
});

test("the log tells who came, who was refused and who went, and no secret", async () => {
  const lines: [level: string, fields: object, message: string][] = [];
  const log = (level: string) => (fields: object, message: string) =>
    lines.push([level, fields, message]);
  const logger: Logger = {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
  };
  const guarded = createServer({
    logger,
    authenticate: ({ token }) => (token === "s3cret" ? { id: "anna" } : undefined),
    authorize: ({ channel }) => channel === "c",
  });
  guarded.on("message_completed", () => {
    throw new Error("a listener's mistake");
  });
  ({ url } = await guarded.listen({ port: 0 }));
  const wire = open({ token: "s3cret" });
  await wire.channel("c").write("m").append("private").complete();
  await expect(wire.channel("d").command("stop")).rejects.toMatchObject({ code: "forbidden" });
  wire.channel("d").subscribe(() => undefined);
  const other = open({ token: "wr0ng" });
  other.channel("c").subscribe(() => undefined);
  await vi.waitFor(() => expect(other.status.is).toBe("stopped"));
  await vi.waitFor(() => expect(lines.map(([, , message]) => message)).toContain("a defect"));
  await Promise.all(wires.splice(0).map((each) => each.close()));
  await vi.waitFor(() => {
    expect(lines.filter(([, , message]) => message === "connection closed")).toHaveLength(2);
  });
  await guarded.close();
  const anna = expect.objectContaining({ principal: "anna" });
  expect(lines).toContainEqual(["info", anna, "connection welcomed"]);
  expect(lines).toContainEqual([
    "info",
    expect.objectContaining({ principal: "anna", code: 1000 }),
    "connection closed",
  ]);
  expect(lines).toContainEqual([
    "warn",
    expect.objectContaining({ code: "unauthorized" }),
    "refused",
  ]);
  const forbidden = expect.objectContaining({ code: "forbidden", channel: "d", principal: "anna" });
  expect(lines.filter(([level]) => level === "warn")).toContainEqual([
    "warn",
    forbidden,
    "refused",
  ]);
  expect(lines.filter(([level]) => level === "error")).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toMatch(/s3cret|wr0ng|private/);
});
