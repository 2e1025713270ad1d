import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { type Channel, connect } from "@deltawire/client";
import { obey } from "../fanout/child.js";

/** Writes so many frames to each channel, one every 100 ms, and waits until viewers have them. */
export interface AudienceOrder {
  readonly frames: number;
}

const [, , from = "", to = "", count = ""] = process.argv;

/** Milliseconds between two frames of a channel. */
const PAUSE = 100;

/** Milliseconds until what has not come is taken for lost. */
const PATIENCE = 10_000;

/** A window of text. */
const TEXT = "some words of a text ";

const textOf = ({ state }: Channel): string => state.message("message")?.text ?? "";

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`it did not come about that ${what}`);
    await wait(5);
  }
}

const producer = connect(from, { throttle: 0 });
const channels = Array.from({ length: Number(count) }, (_, i) => {
  const message = producer.channel(`watched-${i}`).write("message");
  message.append(TEXT);
  // Each viewer has a connection, as people have.
  const viewer = connect(to).channel(`watched-${i}`);
  viewer.subscribe(() => undefined);
  return { message, viewer };
});
let written = TEXT.length;
const areWhole = () => channels.every(({ viewer }) => textOf(viewer).length === written);
await until(areWhole, "every viewer has joined");

async function write({ message }: (typeof channels)[number], at: number, frames: number) {
  await wait((at / channels.length) * PAUSE); // they are not all due at the same moment
  const start = performance.now();
  for (let i = 0; i < frames; i++) {
    await wait(Math.max(1, start + i * PAUSE - performance.now()));
    message.append(TEXT);
  }
}

obey({}, async ({ frames }: AudienceOrder) => {
  await Promise.all(channels.map((channel, at) => write(channel, at, frames)));
  written += frames * TEXT.length;
  await until(areWhole, "every viewer has every frame");
  return {};
});
