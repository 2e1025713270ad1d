import { connect, type Wire } from "@deltawire/client";
import type { ProducersRequest, ProducersSettings, Written } from "./requests.js";
import { answer, settings } from "./runner.js";

// Producers in a process of their own: each writes message after message, and knows what it wrote.

const { url, producers, pace } = settings<ProducersSettings>();

/** Edits that a message has. */
const EDITS = 16;

/** Characters of a message of the first channel, where each edit writes all of it anew. */
const LONG = 8192;

const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));
const wires = Array.from({ length: producers }, (_, i) =>
  connect(url, { producer: `producer-${i}` }),
);

let isOver = true;
let work: Promise<unknown> = Promise.resolve();
let written: Record<string, Record<string, string>> = {};

/** Appends, and now and then writes anew what it began with; says when, behind an `@`. */
async function message(channel: string, id: string, wire: Wire, isLong: boolean): Promise<void> {
  const reply = wire.channel(channel).write(id);
  let head = `${id} `;
  let text = head;
  reply.append(text);
  for (let i = 0; i < EDITS && !isOver; i++) {
    if (i % 4 === 3) {
      const next = `${id}, edited ${"again ".repeat(i % 3)}`;
      reply.splice(0, head.length, next);
      text = next + text.slice(head.length);
      head = next;
    }
    const piece = `${i} 😀@${Date.now()} `;
    if (isLong) {
      // Its log grows more than its state, and is compacted.
      text = head + `${i} `.repeat(LONG / 2) + piece;
      reply.set(text);
    } else {
      reply.append(piece);
      text += piece;
    }
    await pause(pace * (0.5 + Math.random()));
  }
  const last = `end@${Date.now()} `;
  reply.append(last);
  await reply.complete();
  const texts = written[channel] ?? {};
  written[channel] = { ...texts, [id]: text + last };
}

async function produce(at: number, channels: readonly string[], run: string): Promise<void> {
  const wire = wires[at];
  const place = at % channels.length;
  const channel = channels[place];
  if (!wire || channel === undefined) return;
  await pause(Math.random() * 4 * pace);
  for (let turn = 0; !isOver; turn++) {
    await message(channel, `${run}-${at}-${turn}`, wire, place === 0);
  }
}

answer<ProducersRequest>(async (request) => {
  if (request.type === "write") {
    written = {};
    isOver = false;
    const { channels, run } = request;
    work = Promise.all(wires.map((_, at) => produce(at, channels, run)));
    work.catch(() => undefined); // told when it is asked for
    return undefined;
  }
  isOver = true;
  await work;
  return written satisfies Written;
});
