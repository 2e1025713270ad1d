import process from "node:process";
import { type Channel, connect } from "@deltawire/client";
import WebSocket from "ws";

/** What the consumers' process is told. */
export type ConsumersOrder =
  | { readonly type: "join"; readonly stalled: number; readonly live: number }
  /** Says who is right; those that stall read again first, where they shall. */
  | {
      readonly type: "drain";
      readonly seq: number;
      readonly crc32: number;
      readonly drains: boolean;
    };

/** Stalled consumers that read again at a time: each then holds the whole channel. */
const AT_A_TIME = 10;

const url = process.argv[2] ?? "";
const sockets: WebSocket[] = [];

/** A socket that reads nothing behind the server's welcome, until it is told to. */
class Stalled extends WebSocket {
  constructor(address: string, protocols: string[]) {
    super(address, protocols);
    sockets.push(this);
    this.once("message", () => this.pause());
  }
}

const stalled: { readonly channel: Channel; readonly close: () => Promise<void> }[] = [];
const live: Channel[] = [];
const delays: number[] = [];

function follow(WebSocketClass: typeof WebSocket): { channel: Channel; close(): Promise<void> } {
  const wire = connect(url, { WebSocket: WebSocketClass as never }); // the standard's handlers are wider
  const channel = wire.channel("large");
  channel.subscribe(() => undefined);
  return { channel, close: () => wire.close() };
}

/** Milliseconds from the append to the consumer's state. */
async function watch(channel: Channel): Promise<void> {
  for await (const event of channel.changes()) {
    for (const change of event.type === "changes" ? event.changes : []) {
      const [part] = change.type === "message_patch" ? (change.parts ?? []) : [];
      const text = part?.type === "text_splice" ? part.splices.at(-1)?.text : undefined;
      const at = text?.trim().split("\n").at(-1);
      if (at) delays.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6);
    }
  }
}

const until = async (isSo: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 6000 && !isSo(); i++) await new Promise((later) => setTimeout(later, 10));
  return isSo();
};

/** Whether a channel holds what the server holds: its version, and the digest of what grew. */
function holds({ state }: Channel, seq: number, crc32: number): boolean {
  const text = state.messages.at(-1)?.part("text");
  return state.seq === seq && text?.kind === "text" && text.content.crc32() === crc32;
}

async function join(order: Extract<ConsumersOrder, { readonly type: "join" }>): Promise<void> {
  for (let i = 0; i < order.live; i++) {
    const { channel } = follow(WebSocket);
    live.push(channel);
    await until(() => channel.isLive);
    watch(channel).catch(() => undefined); // ends with the connection
  }
  for (let i = 0; i < order.stalled; i++) stalled.push(follow(Stalled as typeof WebSocket));
  await until(() => sockets.length === order.stalled && sockets.every(({ isPaused }) => isPaused));
}

async function drain({
  seq,
  crc32,
  drains,
}: Extract<ConsumersOrder, { readonly type: "drain" }>): Promise<number> {
  let right = 0;
  for (const channel of live) right += Number(await until(() => holds(channel, seq, crc32)));
  for (let at = 0; drains && at < stalled.length; at += AT_A_TIME) {
    const some = stalled.slice(at, at + AT_A_TIME);
    for (const socket of sockets.slice(at, at + AT_A_TIME)) socket.resume();
    for (const { channel, close } of some) {
      right += Number(await until(() => holds(channel, seq, crc32)));
      await close();
    }
    // What they held is free again.
    stalled.fill(undefined as never, at, at + AT_A_TIME);
    sockets.fill(undefined as never, at, at + AT_A_TIME);
  }
  return right;
}

process.on("message", async (order: ConsumersOrder) => {
  const right = order.type === "join" ? await join(order) : await drain(order);
  const sorted = delays.slice().sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
  process.send?.({ order: order.type, right, p50: at(0.5), p99: at(0.99) });
});
process.send?.({ ready: true });
