import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect, type Wire } from "@deltawire/client";
import { SignJWT } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";

// The command in a process of its own, as somebody starts it.

const CLI = fileURLToPath(new URL("../cli.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("../../../../tsconfig.json", import.meta.url));
const SECRET = "s".repeat(32);
const TOKEN = "0123456789abcdef";
const children: ChildProcess[] = [];
const wires: Wire[] = [];

afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 });

interface Running {
  readonly child: ChildProcess;
  readonly errors: string[];
  /** The lines of its log so far. */
  log(): Record<string, unknown>[];
  /** The first line of its standard output. */
  readonly url: Promise<string>;
  readonly exited: Promise<number | string>;
}

/** Starts the command, with nothing of this process's own variables for it. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", CLI, ...args], {
    // From source, like everything here.
    env: { PATH, HOME, TSX_TSCONFIG_PATH: TSCONFIG, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const out = createInterface({ input: child.stdout });
  const exited = once(child, "close").then(([code, signal]) => code ?? signal);
  const url = Promise.race([
    once(out, "line").then(([line]) => String(line)),
    exited.then((code) => `ended with ${code}: ${errors.join("\n")}`),
  ]);
  const log = () => errors.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  return { child, errors, log, url, exited };
}

function open(url: string, options = {}): Wire {
  const wire = connect(url, { throttle: 0, ...options });
  wires.push(wire);
  return wire;
}

/** A client that does not read any more, so that it never hears goodbye. */
async function stall(url: string): Promise<Socket> {
  const { port, pathname } = new URL(url);
  const socket = dial(Number(port), "127.0.0.1");
  socket.on("error", () => undefined);
  const head = [`GET ${pathname} HTTP/1.1`, "Host: localhost", "Connection: Upgrade"];
  const more = ["Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const last = ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""];
  socket.write(
    [...head, ...more, "Sec-WebSocket-Protocol: deltawire.v1.json", ...last].join("\r\n"),
  );
  await once(socket, "data");
  socket.pause();
  return socket;
}

describe("deltawire serve", () => {
  test("prints its address, serves, and leaves when it is asked to", async () => {
    const { child, url, log, exited } = run(["serve", "--port", "0", "--admin-port", "0"]);
    expect(await url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/wire$/);
    const reader = open(await url).channel("thread");
    reader.subscribe(() => undefined);
    const writer = open(await url).channel("thread");
    await writer.write("turn").append("Hello").complete();
    await until(() => expect(reader.state.message("turn")?.text).toBe("Hello"));
    const { adminUrl } = log().find(({ msg }) => msg === "listening") ?? {};
    expect((await fetch(`${adminUrl}/health`)).status).toBe(200);
    expect(await (await fetch(`${adminUrl}/metrics`)).text()).toContain("deltawire_connections 2");
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(log().map(({ msg }) => msg)).toEqual(expect.arrayContaining(["stopping", "stopped"]));
    expect(JSON.stringify(log())).not.toContain("Hello");
  });

  test("ends at once at a second signal", async () => {
    const { child, url, exited } = run(["serve", "--port", "0"]);
    const socket = await stall(await url);
    child.kill("SIGINT");
    child.kill("SIGTERM");
    expect([130, 143]).toContain(await exited); // which one comes first is the system's affair
    socket.destroy();
  });

  test("does not wait longer for its clients than it is told", async () => {
    const { child, url, log, exited } = run(["serve", "--port", "0", "--drain", "200ms"]);
    const socket = await stall(await url);
    child.kill("SIGTERM");
    expect(await exited).toBe(1);
    expect(log().at(-1)).toMatchObject({ level: "error", msg: expect.stringMatching("in time") });
    socket.destroy();
  });

  test("tells its clients when to come back, and a writer goes on at the next one", async () => {
    const first = run(["serve", "--port", "0", "--admin-port", "0"]);
    const url = await first.url;
    const { port } = new URL(url);
    const wire = open(url);
    const reply = wire.channel("thread").write("turn");
    await until(() => expect(wire.status.is).toBe("live"));
    reply.append("before ");
    first.child.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    expect(wire.status.is).not.toBe("live");
    const second = run(["serve", "--port", port]);
    expect(await second.url).toBe(url);
    await reply.append("after").complete();
    const reader = open(url).channel("thread");
    reader.subscribe(() => undefined);
    await until(() => expect(reader.state.message("turn")?.text).toBe("before after"));
  });

  test("on an address for everybody asks who comes", async () => {
    const token = await new SignJWT({ sub: "ann", deltawire: { subscribe: ["thread-*"] } })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(SECRET));
    const env = { DELTAWIRE_TOKEN: TOKEN, DELTAWIRE_JWT_SECRET: SECRET, DELTAWIRE_TOKENS: "x" };
    const { url, log } = run(["serve", "--host", "0.0.0.0", "--port", "0"], env);
    const here = (await url).replace("0.0.0.0", "127.0.0.1");
    await open(here, { token: TOKEN }).channel("thread-1").write("m").append("hi").complete();
    const ann = open(here, { token }).channel("thread-1");
    ann.subscribe(() => undefined);
    await until(() => expect(ann.state.message("m")?.text).toBe("hi"));
    await expect(ann.command("stop")).rejects.toMatchObject({ code: "forbidden" });
    const nobody = open(here, { token: "wrong" });
    nobody.channel("thread-1").subscribe(() => undefined);
    await until(() => expect(nobody.status).toMatchObject({ is: "stopped" }));
    const stranger = { level: "warn", name: "DELTAWIRE_TOKENS" };
    expect(log()).toContainEqual(expect.objectContaining(stranger));
    const text = JSON.stringify(log());
    for (const secret of [TOKEN, SECRET, token]) expect(text).not.toContain(secret);
  });

  test.each([
    [
      ["--host", "0.0.0.0"],
      /^deltawire: on 0\.0\.0\.0 anybody could connect: give --token-file/,
      2,
    ],
    [["--port", "x"], /^deltawire: --port x: give a whole number from 0 to 65535$/, 2],
    [
      ["--host", "192.0.2.1", "--token", TOKEN],
      /^deltawire: this machine has no address 192\.0\.2\.1: see --host$/,
      1,
    ],
  ])("%j ends with one line that says what to do", async (args, line, code) => {
    const { errors, exited } = run(["serve", ...args]);
    expect(await exited).toBe(code);
    expect(errors).toEqual([expect.stringMatching(line)]);
  });

  test("says which port is in use", async () => {
    const { url } = run(["serve", "--port", "0"]);
    const { port } = new URL(await url);
    const second = run(["serve", "--port", port]);
    expect(await second.exited).toBe(1);
    expect(second.errors).toEqual([
      `deltawire: port ${port} of 127.0.0.1 is in use: stop what listens there, or give another --port`,
    ]);
    const third = run(["serve", "--port", "0", "--admin-port", port]);
    expect(await third.exited).toBe(1);
    expect(third.errors.join()).toContain("or give another --admin-port");
  });

  test("has help", async () => {
    const { child, exited } = run(["serve", "--help"]);
    let text = "";
    child.stdout?.on("data", (data) => {
      text += data;
    });
    expect(await exited).toBe(0);
    expect(text).toContain("Usage: deltawire serve");
  });

  test("keeps what was written in a folder, whenever it is killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "deltawire-serve-"));
    const args = ["--data", folder];
    try {
      const first = run(["serve", "--port", "0", ...args]);
      const url = await first.url;
      const { port } = new URL(url);
      const writer = open(url).channel("thread");
      await writer.write("done").append("acknowledged").complete();
      const reply = writer.write("open").append("before ");
      const viewer = open(url).channel("thread");
      const resets: string[] = [];
      (async () => {
        for await (const event of viewer.changes()) {
          if (event.type === "reset") resets.push(event.reason);
        }
      })().catch(() => undefined); // ends with its connection
      await until(() => expect(viewer.state.message("open")?.text).toBe("before "));
      first.child.kill("SIGKILL");
      await first.exited;
      const second = run(["serve", "--port", port, ...args]);
      expect(await second.url).toBe(url);
      await reply.append("after").complete();
      await until(() => expect(viewer.state.message("open")?.status).toBe("completed"));
      expect(viewer.state.message("open")?.text).toBe("before after");
      expect(resets.filter((reason) => reason === "history_lost")).toEqual([]);
      const late = open(url).channel("thread");
      late.subscribe(() => undefined);
      await until(() => expect(late.state.messages.map(({ text }) => text)).toHaveLength(2));
      expect(late.state.message("done")?.text).toBe("acknowledged");
      expect(second.log().find(({ msg }) => msg === "listening")).toMatchObject({
        durability: "disk",
      });
      const third = run(["serve", "--port", "0", "--wait", "100ms", ...args]);
      expect(await third.exited).toBe(1);
      expect(third.errors.at(-1)).toMatch(/^deltawire: the data folder .*is open already/);
      second.child.kill("SIGTERM");
      expect(await second.exited).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("does not wait longer than it is told for what is not there", async () => {
    const redis = run(["serve", "--redis", "redis://:s3cret@127.0.0.1:1", "--wait", "100ms"]);
    expect(await redis.exited).toBe(1);
    expect(redis.errors.at(-1)).toMatch(
      /^deltawire: Redis at 127\.0\.0\.1:1 does not take us within 0\.1 s: .*ECONNREFUSED.*; see --redis$/,
    );
    const env = {
      DELTAWIRE_POSTGRES: "postgres://me:s3cret@127.0.0.1:1/d",
      DELTAWIRE_WAIT: "100ms",
    };
    const postgres = run(["migrate"], env);
    expect(await postgres.exited).toBe(1);
    expect(postgres.errors.at(-1)).toMatch(
      /^deltawire: PostgreSQL at 127\.0\.0\.1:1 does not take us within 0\.1 s: .*ECONNREFUSED/,
    );
    expect([...redis.errors, ...postgres.errors].join()).not.toContain("s3cret");
  });

  test("leaves while it waits when it is asked to", async () => {
    const { child, log, exited } = run(["serve", "--redis", "redis://127.0.0.1:1"]);
    await until(() =>
      expect(log().map(({ msg }) => msg)).toContain("waiting for Redis at 127.0.0.1:1"),
    );
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });
});
