import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { obey } from "./child.js";
import { now } from "./crowd.js";
import { type FanoutPeerName, TURNS_TOLD, textOf } from "./peer.js";
import { peerOf } from "./peers.js";

/** What a server's process is told. */
export type ServerOrder =
  /** Sends as fast as its consumers read. */
  | { readonly type: "flood"; readonly size: number; readonly milliseconds: number }
  /** Sends at a fixed rate. */
  | {
      readonly type: "pace";
      readonly size: number;
      readonly turns: number;
      readonly interval: number;
    }
  /** Says what it holds, once it has collected its garbage. */
  | { readonly type: "collect" };

export interface ServerAnswer {
  readonly port: number;
  /** Where consumers tell that they have read: see `TURNS_TOLD`. */
  readonly control: number;
  readonly turns: number;
  readonly milliseconds: number;
  /** Of this process, in microseconds. */
  readonly cpu: number;
  /** When each turn was sent, in milliseconds of the machine's monotonic clock. */
  readonly sent: readonly number[];
  /** The digest of all texts since the server began. */
  readonly digest: string;
  /** Bytes of its heap and of what hangs on it. */
  readonly held: number;
}

/** Turns that may be on their way: it is the server that is to be busy, not what is queued. */
const WINDOW = 3 * TURNS_TOLD;

const server = await (await peerOf(process.argv[2] as FanoutPeerName)).serve();
const digest = createHash("sha1").update(textOf(0));
let texts = 1;
/** What the consumers have told in this run. */
let told = 0;
let onTold: () => void = () => undefined;

const control = createServer((socket: Socket) => {
  socket.on("data", (bytes) => {
    told += bytes.length;
    onTold();
  });
});
control.listen(0, "127.0.0.1");
await once(control, "listening");

function send(size: number): void | Promise<void> {
  const due = Array.from({ length: size }, () => textOf(texts++));
  for (const text of due) digest.update(text);
  return server.send(due);
}

const isRead = (turns: number) =>
  new Promise<void>((resolve) => {
    onTold = () => {
      if (told * TURNS_TOLD >= turns) resolve();
    };
    onTold();
  });

async function flood(size: number, milliseconds: number): Promise<Partial<ServerAnswer>> {
  told = 0;
  let turns = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  while (performance.now() - start < milliseconds || turns % TURNS_TOLD > 0) {
    if (turns - told * TURNS_TOLD >= WINDOW) await isRead(turns - WINDOW + 1);
    await nextTurn();
    await send(size);
    turns += 1;
  }
  await isRead(turns);
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { turns, milliseconds: elapsed, cpu: user + system };
}

async function pace(size: number, turns: number, interval: number): Promise<Partial<ServerAnswer>> {
  const sent: number[] = [];
  const start = performance.now();
  for (let turn = 0; turn < turns; turn++) {
    await wait(Math.max(1, start + turn * interval - performance.now()));
    sent.push(now());
    await send(size);
  }
  return { sent };
}

async function collect(): Promise<Partial<ServerAnswer>> {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await wait(50); // for what ends in a later turn
  }
  const { heapUsed, external } = process.memoryUsage();
  return { held: heapUsed + external };
}

async function carryOut(order: ServerOrder): Promise<Partial<ServerAnswer>> {
  switch (order.type) {
    case "flood":
      return flood(order.size, order.milliseconds);
    case "pace":
      return pace(order.size, order.turns, order.interval);
    case "collect":
      return collect();
  }
}

const { port } = control.address() as AddressInfo;
obey({ port: server.port, control: port }, async (order: ServerOrder) => ({
  ...(await carryOut(order)),
  digest: digest.copy().digest("hex"),
}));
