import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Change } from "@deltawire/client";
import { obey } from "../fanout/child.js";
import { BareConsumer } from "./bare-consumer.js";
import { Consumer } from "./consumer.js";
import type { Written } from "./producer.js";

/** What the consumers' process is told. */
export type ConsumersOrder =
  /** Connects as many more, spread over some milliseconds; 0 for all at once. */
  | { readonly type: "join"; readonly count: number; readonly over: number }
  /** The same with bare WebSockets, at another server. */
  | {
      readonly type: "join";
      readonly count: number;
      readonly over: number;
      readonly bare: string;
    }
  /** Compares a message of each of them with what was written. */
  | ({ readonly type: "compare"; readonly message: string } & Written)
  /** Waits until the bare ones have so many messages. */
  | { readonly type: "count"; readonly messages: number }
  | { readonly type: "leave" };

/** Milliseconds, and bytes; what an order does not ask for is empty. */
export interface ConsumersAnswer {
  /** From the beginning of a connection to the channel's state, of each consumer. */
  readonly joined: readonly number[];
  /** From an append to a consumer's state, each token at each consumer. */
  readonly delays: readonly number[];
  /** From an append to the last consumer's state, each token. */
  readonly broadcasts: readonly number[];
  /** Consumers that hold what was written, or have what was counted. */
  readonly equal: number;
  /** What has come in on one consumer's socket since the order before. */
  readonly bytes: number;
}

const url = process.argv[2] ?? "";
let consumers: Consumer[] = [];
let bare: BareConsumer[] = [];
let seen = 0;
let delays: number[] = [];
let lasts = new Map<string, number>();

/** Text that is new to the state by a change. */
function* newTexts(change: Change): Generator<string> {
  if (change.type === "message_added") {
    for (const part of change.parts) if (part.kind === "text") yield part.text;
  }
  for (const part of change.type === "message_patch" ? (change.parts ?? []) : []) {
    if (part.type === "text_splice") for (const { text } of part.splices) yield text;
    if (part.type === "part_inserted" && part.content.kind === "text") yield part.content.text;
  }
}

/** Takes the time of tokens that say when they were written. */
function take(changes: readonly Change[]): void {
  const now = process.hrtime.bigint();
  for (const text of changes.flatMap((change) => [...newTexts(change)])) {
    for (const [, index = "", at = ""] of text.matchAll(/^(\d+) (\d+)$/gm)) {
      const delay = Number(now - BigInt(at)) / 1e6;
      delays.push(delay);
      lasts.set(index, Math.max(delay, lasts.get(index) ?? 0));
    }
  }
}

/** Begins one more, and says how many milliseconds it took. */
async function joinOne(bareUrl: string | undefined): Promise<number> {
  const start = performance.now();
  const joins = bareUrl === undefined ? new Consumer(url, take) : new BareConsumer(bareUrl);
  if (joins instanceof Consumer) consumers.push(joins);
  else bare.push(joins);
  await joins.join();
  return performance.now() - start;
}

async function join(count: number, over: number, bareUrl?: string): Promise<number[]> {
  const joining: Promise<number>[] = [];
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const wait = start + (over * i) / count - performance.now();
    if (wait > 0) await sleep(wait);
    joining.push(joinOne(bareUrl));
  }
  return Promise.all(joining);
}

async function leave(): Promise<void> {
  await Promise.all([...consumers, ...bare].map((consumer) => consumer.leave()));
  consumers = [];
  bare = [];
}

async function carryOut(order: ConsumersOrder): Promise<Partial<ConsumersAnswer>> {
  const isTrue = (held: readonly boolean[]) => held.filter(Boolean).length;
  switch (order.type) {
    case "join": {
      const joined = await join(order.count, order.over, "bare" in order ? order.bare : undefined);
      return { joined };
    }
    case "count":
      return { equal: isTrue(await Promise.all(bare.map((each) => each.has(order.messages)))) };
    case "leave":
      await leave();
      return {};
    case "compare": {
      const held = await Promise.all(consumers.map((each) => each.holds(order.message, order)));
      const timed = { delays, broadcasts: [...lasts.values()] };
      delays = [];
      lasts = new Map();
      return { ...timed, equal: isTrue(held) };
    }
  }
}

obey({}, async (order: ConsumersOrder): Promise<ConsumersAnswer> => {
  const empty = { joined: [], delays: [], broadcasts: [], equal: 0 };
  const answer = await carryOut(order);
  const { bytes: now = 0 } = consumers[0] ?? bare[0] ?? {};
  const bytes = now - seen;
  seen = now;
  return { ...empty, ...answer, bytes };
});
