import { look } from "./look.js";
import type { Input, Message, Peer, Receiver, Sender } from "./peer.js";
import { merge, type Window, windowsOf } from "./windows.js";

/** How much of an input a peer works on: all of it, or a stretch in the middle of a long one. */
export interface Stretch {
  /** What comes before it, as one window; undefined where nothing does. */
  readonly before: Window | undefined;
  readonly windows: readonly Window[];
}

/** Nanoseconds that the work on a stretch takes, all its windows together. */
export interface Work {
  readonly encode: number;
  /** The server's; 0 where there is none. */
  readonly relay: number;
  readonly apply: number;
  readonly read: number;
  /** How many windows it was done on. */
  readonly count: number;
}

/** Bytes of messages that are held between sending and receiving, about. */
const MOST_BYTES = 32e6;

type Messages = readonly (readonly Message[])[];

async function receive(receiver: Receiver, messages: readonly Message[]): Promise<void> {
  for (const message of messages) await receiver.receive(message);
}

const now = (): number => Number(process.hrtime.bigint());

/** Each window of a stretch is sent first, then each is received, then each is received and read. */
export class Labour {
  readonly #peer: Peer;
  readonly #input: Input;
  readonly #stretch: Stretch;

  constructor(peer: Peer, input: Input, stretch: Stretch) {
    this.#peer = peer;
    this.#input = input;
    this.#stretch = stretch;
  }

  /** @param atMost nanoseconds of each of the three, after which windows are left out */
  async run(atMost: number = Number.POSITIVE_INFINITY): Promise<Work> {
    const { before, windows } = this.#stretch;
    const sender = this.#peer.sender(this.#input);
    const relayed = (messages: readonly Message[]) => sender.relay?.(messages) ?? messages;
    const begin = [...(sender.open?.() ?? []), ...(before ? relayed(sender.send(before)) : [])];
    let start = now();
    const up = this.#send(sender, atMost);
    const encode = now() - start;
    start = now();
    const down = sender.relay ? up.map(relayed) : up;
    const relay = sender.relay ? now() - start : 0;
    const apply = await this.#receive(begin, down, atMost, () => undefined);
    const rest = down.slice(0, apply.count);
    const read = await this.#receive(begin, rest, atMost, (receiver, i) =>
      look(receiver, windows[i] ?? []),
    );
    return { encode, relay, apply: apply.ns, read: read.ns, count: read.count };
  }

  #send(sender: Sender, atMost: number): Messages {
    const { windows } = this.#stretch;
    if (atMost === Number.POSITIVE_INFINITY) return windows.map((window) => sender.send(window));
    const up: (readonly Message[])[] = [];
    const start = now();
    let bytes = 0;
    for (const window of windows) {
      const messages = sender.send(window);
      up.push(messages);
      for (const { length } of messages) bytes += length;
      if (now() - start > atMost || bytes > MOST_BYTES) break;
    }
    return up;
  }

  async #receive(
    begin: readonly Message[],
    down: Messages,
    atMost: number,
    then: (receiver: Receiver, index: number) => unknown,
  ): Promise<{ readonly ns: number; readonly count: number }> {
    const receiver = this.#peer.receiver(this.#input);
    await receive(receiver, begin);
    const start = now();
    let count = 0;
    for (const messages of down) {
      for (const message of messages) {
        const pending = receiver.receive(message);
        if (pending) await pending;
      }
      then(receiver, count);
      count += 1;
      if (atMost < Number.POSITIVE_INFINITY && now() - start > atMost) break;
    }
    return { ns: now() - start, count };
  }
}

/**
 * All of an input where the work on it is done in time; else as many windows as are, half of the
 * text before them: what a window costs there is what it costs on average, where it grows.
 */
export async function stretchOf(peer: Peer, input: Input, atMost: number): Promise<Stretch> {
  const windows = windowsOf(input, peer);
  const whole = { before: undefined, windows };
  const labour = new Labour(peer, input, whole);
  // What is too slow at first may be in time once it is compiled.
  for (let attempt = 0; attempt < 2; attempt++) {
    if ((await labour.run(atMost)).count === windows.length) return whole;
  }
  const half = Math.floor(windows.length / 2);
  const before = merge(windows.slice(0, half).flat());
  const rest = { before, windows: windows.slice(half) };
  const most = (await new Labour(peer, input, rest).run(atMost)).count;
  return { before, windows: rest.windows.slice(0, most) };
}
