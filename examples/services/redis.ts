import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds that Redis has to start. */
const PATIENCE = 10_000;

/** A Redis that is there. */
export interface Redis {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Redis for a try: that of REDIS_URL, or a `redis-server` of its own, in memory, on a free port.
 *
 * @throws Error where there is neither
 */
export async function findRedis(): Promise<Redis> {
  const { REDIS_URL: given } = process.env;
  if (given) return { url: given, close: async () => undefined };
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  // In a process group of its own: a Ctrl-C is for the servers, which say goodbye before this ends.
  const child = spawn("redis-server", args, { detached: true, stdio: "ignore" });
  const kill = () => child.kill();
  process.once("exit", kill);
  const ended = once(child, "exit").catch((error: Error) => {
    throw new Error(
      `no Redis: set REDIS_URL, or install redis-server, 7.0 or newer (${error.message})`,
    );
  });
  const early = ended.then(() => {
    throw new Error("no Redis: redis-server ended at once; set REDIS_URL");
  });
  await Promise.race([early, answering(port)]);
  early.catch(() => undefined); // it was there
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      process.off("exit", kill);
      child.kill();
      await ended;
    },
  };
}

async function answering(port: number): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await wait(20)) {
    const isThere = await new Promise<boolean>((answer) => {
      const socket = createConnection(port, "127.0.0.1", () => socket.write("PING\r\n"));
      socket.once("data", (data) => {
        socket.destroy();
        answer(String(data).startsWith("+PONG"));
      });
      socket.once("error", () => answer(false));
    });
    if (isThere) return;
  }
  throw new Error("no Redis: redis-server does not answer; set REDIS_URL");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo; // it listens on a port
  await new Promise((closed) => probe.close(closed));
  return port;
}
