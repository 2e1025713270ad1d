import { type Channel, Wire } from "@deltawire/client";
import { apply, ChannelState, diff, type Message, snapshotFrames } from "@deltawire/protocol";
import type { Change, ChangesFrame, Frame, HistoryFrame, SubscribeFrame } from "@deltawire/spec";
import { TestPlatform, type TestSocket } from "./socket.js";

const CHANNEL = "c";

/**
 * A real client that reads and writes the channel "c", and a server that a test can make as bad as
 * it likes.
 */
export class Session {
  readonly platform: TestPlatform = new TestPlatform();
  readonly wire: Wire = new Wire("ws://host/wire", { codec: "json", throttle: 0 }, this.platform);
  readonly channel: Channel = this.wire.channel(CHANNEL, { last: 3 });
  /** The server's state, and those before it by their version. */
  #state = ChannelState.of("epoch-0");
  #past: ChannelState[] = [this.#state];
  /** Changes that the server holds back. */
  #held: ChannelState | undefined;
  #request = 0;
  #epochs = 0;
  #names = 0;
  #stop: (() => void) | undefined;
  #written = 0;

  get #socket(): TestSocket | undefined {
    return this.platform.sockets.at(-1);
  }

  /** Time passes, and everything is connected again. */
  settle(ms: number): void {
    this.platform.advance(ms);
    if (this.#socket?.protocol === "") {
      this.#socket.accept();
      this.platform.advance(0);
    }
  }

  #deliver(frame: Frame): void {
    if (!this.#socket?.protocol) return;
    this.#socket.deliver(frame);
  }

  read(): void {
    this.#stop ??= this.channel.subscribe(() => undefined);
    this.settle(0);
  }

  leave(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.settle(0);
  }

  earlier(count: number): void {
    this.channel.earlier(count).catch(() => undefined); // it may be cut off
  }

  /** The client writes something; the server takes it, sometimes. */
  write(text: string): void {
    this.#written += 1;
    const id = `mine-${this.#written % 3}`;
    const message = this.channel.write(id, { reopen: this.#written % 7 === 0 });
    message.append(text);
    this.settle(0);
  }

  /** The server answers what was asked. @param how many of the ways there are */
  answer(how: number): void {
    for (const frame of this.#socket?.take() ?? []) {
      if (frame.type === "subscribe") this.#join(frame, how);
      else if (frame.type === "history") this.#page(frame, how);
      else if (frame.type === "produce") {
        const { producer, seq = 0 } = frame;
        const back = how % 5 === 0 ? 0 : seq;
        const epoch = this.#state.epoch;
        this.#deliver({
          type: "producing",
          channel: CHANNEL,
          producer,
          epoch,
          seq: back,
          token: 1,
        });
      } else if (frame.type === "changes" && how % 4 > 0) {
        this.#deliver({ type: "ack", channel: CHANNEL, seq: frame.to });
      }
    }
  }

  #join({ request, epoch, seq, last }: SubscribeFrame, how: number): void {
    this.#request = request;
    this.#held = undefined;
    const state = this.#state;
    const head = { type: "subscribed", channel: CHANNEL, request } as const;
    const version = { epoch: state.epoch, seq: state.seq };
    if (how % 7 === 6) {
      const error = { type: "error", code: "overloaded", message: "later", request } as const;
      this.#deliver({ ...error, channel: CHANNEL });
      return;
    }
    const known = epoch === state.epoch ? this.#past[seq ?? -1] : undefined;
    if (known === state) {
      this.#deliver({ ...head, ...version, answer: "current" });
    } else if (known && how % 2 === 0) {
      this.#deliver({ ...head, ...version, answer: "changes" });
      this.#deliver({ ...diff(CHANNEL, known, state), request });
    } else {
      this.#deliver({ ...head, ...version, answer: "snapshot" });
      this.#snapshot(request, how, last);
    }
  }

  /** @param how even to cut it off in the middle, and begin anew */
  #snapshot(request: number, how: number, last?: number): void {
    const frames = [...snapshotFrames(CHANNEL, this.#state, request, 8, last)];
    if (how % 2 === 0) for (const frame of frames.slice(0, -1)) this.#deliver(frame);
    for (const frame of frames) this.#deliver(frame);
  }

  #page({ request, before, last }: HistoryFrame, how: number): void {
    const old = how % 3 === 0 ? this.#past.at(-2) : undefined;
    const state = old?.epoch === this.#state.epoch ? old : this.#state;
    const at = state.messages.findIndex(({ id }) => id === before);
    const first = Math.max(0, at - last);
    const { epoch, seq } = state;
    const messages = state.messages.slice(first, Math.max(0, at)).map((each) => each.snapshot());
    const earlier = first > 0 ? { earlier: first } : {};
    const page = { type: "history_page", channel: CHANNEL, request, epoch, seq } as const;
    this.#deliver({ ...page, ...earlier, messages });
  }

  /** Something happens to the channel. @param fate what becomes of the frame that tells it */
  change(make: (state: ChannelState, name: string) => readonly Change[], fate: Fate): void {
    this.#names += 1;
    const before = this.#state;
    const changes = make(before, `m${this.#names}`);
    const from = before.seq;
    const frame: ChangesFrame = { type: "changes", channel: CHANNEL, from, to: from + 1, changes };
    this.#state = apply(before, frame);
    this.#past[this.#state.seq] = this.#state;
    const held = this.#held;
    if (fate === "held") this.#held ??= before;
    else if (held) {
      this.#held = undefined;
      this.#deliver(diff(CHANNEL, held, this.#state));
    } else if (fate !== "lost") {
      this.#deliver(frame);
      if (fate === "twice") this.#deliver(frame);
    }
  }

  /** The server begins the snapshot anew that it sent last. */
  reload(): void {
    this.#held = undefined;
    this.#snapshot(this.#request, 1, 3);
  }

  checkpoint(isRight: boolean): void {
    if (this.#held) return;
    for (const message of this.#state.messages.slice(-1)) {
      const [digest] = message.digests();
      if (!digest) continue;
      const crc32 = isRight ? digest.crc32 : (digest.crc32 ^ 1) >>> 0;
      const { seq } = this.#state;
      const at = { channel: CHANNEL, seq, message: message.id } as const;
      this.#deliver({ type: "checkpoint", ...at, ...digest, crc32 });
    }
  }

  garbage(): void {
    if (!this.#socket?.protocol) return;
    this.#socket.deliverRaw("{");
  }

  cut(): void {
    if (this.#socket?.protocol) this.#socket.cut();
    this.#held = undefined;
  }

  /** The server has lost what there was. */
  loseHistory(): void {
    this.#epochs += 1;
    this.#state = ChannelState.of(`epoch-${this.#epochs}`);
    this.#past = [this.#state];
    this.cut();
  }
}

/** What becomes of a frame: it waits to be composed with the next one, say. */
export type Fate = "sent" | "lost" | "twice" | "held";

/** What a state is, to compare it with another. */
export function contentOf(state: ChannelState | undefined): string {
  if (!state || state.epoch === "") return "none";
  const { epoch, seq, attributes, closed, earlier } = state;
  const messages = state.messages.map((message: Message) => message.snapshot());
  return JSON.stringify({ epoch, seq, attributes, closed, earlier, messages });
}
