import type { TapEvent } from "@deltawire/client";
import { apply, ChannelState, createCodec } from "@deltawire/protocol";
import { type Change, DeltawireError, type Frame, SUBPROTOCOLS } from "@deltawire/spec";

const WORDS =
  `the report says that a member list of some room shows broken names where a name holds an emoji
so let us look at how it is cut and what the test expects of it before anything is changed`.split(
    /\s/,
  );

const EPOCH = "e1";
/** Units after which a message is complete. */
const LONG = 4000;
/** Messages that a channel keeps. */
const KEPT = 12;

/** A channel that is read. */
interface Read {
  readonly name: string;
  state: ChannelState;
  turn: number;
}

/**
 * What a tap tells of a page that reads two channels over connections that are lost now and then:
 * made up, but by the protocol's rules, as its states are. Goes on without end; the same each time.
 */
export class Traffic {
  readonly #codecs = [createCodec(SUBPROTOCOLS.msgpack), createCodec(SUBPROTOCOLS.json)] as const;
  readonly #channels: readonly Read[] = ["thread-42", "terminal"].map((name) => ({
    name,
    state: ChannelState.of(EPOCH, { seq: 40 }),
    turn: 0,
  }));
  #at = 1000;
  #seed = 7;
  #connection = 1;
  #request = 1;

  *events(): Generator<TapEvent> {
    yield* this.#connect();
    for (let n = 1; ; n++) {
      const channel = this.#channels[n % 7 === 0 ? 1 : 0];
      if (!channel) return;
      const pause = this.#random() < 0.02 ? 900 : 40;
      yield this.#message("received", this.#step(channel, n), pause * this.#random());
      const { name } = channel;
      if (n % 400 === 0) {
        yield this.#message("sent", { type: "ping", id: n }, 5);
        yield this.#message("received", { type: "pong", id: n }, 3 + 40 * this.#random());
      }
      if (n % 950 === 0) {
        const command = { channel: name, id: `c${n}` };
        yield this.#message("sent", { type: "command", ...command, name: "stop" }, 5);
        yield this.#message("received", { type: "command_result", ...command, status: "done" }, 31);
      }
      if (n % 3100 === 0) {
        const error = new DeltawireError("connection_lost", "the network is gone");
        const connection = this.#connection;
        yield { type: "lost", at: this.#at, connection, transport: "websocket", code: 1006, error };
        this.#connection += 1;
        this.#at += 1500;
        yield* this.#connect();
      }
    }
  }

  *#connect(): Generator<TapEvent> {
    const connection = this.#connection;
    yield { type: "opened", at: this.#at, connection, transport: "websocket" };
    yield this.#message("sent", { type: "hello", version: 1, client: "page 1.0" }, 1);
    const welcome = { type: "welcome", version: 1, durability: "disk", heartbeat: 30_000 } as const;
    yield this.#message("received", welcome, 12);
    for (const channel of this.#channels) {
      const { name, turn } = channel;
      const { seq } = channel.state;
      const request = this.#request;
      this.#request += 1;
      const to = { channel: name, request };
      if (turn > 0 || channel.state.messages.length > 0) {
        yield this.#message("sent", { type: "subscribe", ...to, epoch: EPOCH, seq }, 1);
        const frame = { ...this.#step(channel, seq, 5), request };
        const { to: now } = frame;
        const answer = { ...to, epoch: EPOCH, seq: now, answer: "changes" } as const;
        yield this.#message("received", { type: "subscribed", ...answer }, 8);
        yield this.#message("received", frame, 2);
        continue;
      }
      yield this.#message("sent", { type: "subscribe", ...to }, 1);
      const answer = { ...to, epoch: EPOCH, seq, answer: "snapshot" } as const;
      yield this.#message("received", { type: "subscribed", ...answer }, 8);
      yield this.#message("received", { type: "snapshot", ...to, epoch: EPOCH, seq, messages: [] });
    }
  }

  /** What happens next in a channel, in one step or in several at once. */
  #step(channel: Read, n: number, versions = 1): Frame & { readonly type: "changes" } {
    const { name, state } = channel;
    const id = `turn-${channel.turn}`;
    const message = state.message(id);
    const changes: Change[] = [];
    const part = message?.part("text");
    const length = part?.kind === "text" ? part.content.length : 0;
    if (!message) {
      const text = { id: "text", kind: "text", text: "" } as const;
      const value = { name: "grep", status: "running", lines: 0 };
      const parts = [text, { id: "tool", kind: "json", value } as const];
      changes.push({ type: "message_added", id, generation: 0, role: "assistant", parts });
      const oldest = state.messages[0];
      if (oldest && state.messages.length >= KEPT) {
        changes.push({ type: "message_removed", id: oldest.id });
      }
    }
    const end = { changed_offset: length, removed: 0, text: `${this.#word()} ${this.#word()} ` };
    const isBackEdit = n % 37 === 0 && length > 200;
    const back = { changed_offset: 20, removed: 9, text: this.#word() };
    const splices = isBackEdit ? [back, end] : [end];
    const edit = { type: "text_splice", part: "text", splices } as const;
    const operations = [
      { op: "replace", path: "/status", value: n % 46 === 0 ? "running" : "completed" },
      { op: "replace", path: "/lines", value: n },
    ] as const;
    const tool = { type: "json_patch", part: "tool", operations } as const;
    changes.push({ type: "message_patch", id, parts: n % 23 === 0 ? [edit, tool] : [edit] });
    const from = state.seq;
    const frame = { type: "changes", channel: name, from, to: from + versions, changes } as const;
    channel.state = apply(state, frame);
    if (length <= LONG) return frame;
    const last = channel.state.message(id);
    if (!last) return frame;
    const { digests } = last.completion();
    const all: Change[] = [{ type: "message_completed", id, status: "completed", digests }];
    channel.state = apply(state, { ...frame, changes: [...changes, ...all] });
    channel.turn += 1;
    return { ...frame, changes: [...changes, ...all] };
  }

  #message(direction: "sent" | "received", frame: Frame, after = 0): TapEvent {
    this.#at += after;
    const [packed, plain] = this.#codecs;
    const isPlain = frame.type === "hello" || frame.type === "welcome";
    const [message = ""] = (isPlain ? plain : packed).encode(frame).slice(-1);
    return {
      type: "message",
      at: this.#at,
      connection: this.#connection,
      direction,
      message,
      frame,
    };
  }

  #random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#seed / 2 ** 31;
  }

  #word(): string {
    return WORDS[Math.floor(this.#random() * WORDS.length)] ?? "";
  }
}
