import {
  apply,
  type ChannelState,
  type Codec,
  createCodec,
  SnapshotAssembly,
  type Wire,
} from "@deltawire/protocol";
import { type Frame, type ProducingFrame, SUBPROTOCOLS } from "@deltawire/spec";

/** Where messages were seen: at the server that takes them, at the one that sends, at the client. */
export type Seen = "up" | "sent" | "down";

const ARROWS = { up: "→ server ", sent: "  sends ", down: "← client " } as const;

/** Writes down what the messages of a connection say. */
export class Trace {
  readonly #write: (line: string) => void;
  readonly #readings: Readonly<Record<Seen, Reading>> = {
    up: new Reading(),
    sent: new Reading(),
    down: new Reading(),
  };

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  note(what: string): void {
    this.#write(what);
  }

  message(seen: Seen, message: Wire): void {
    this.#write(`${ARROWS[seen]} ${this.#readable(seen, message)}`);
  }

  #readable(seen: Seen, message: Wire): string {
    try {
      const frame = this.#readings[seen].read(message);
      if (seen === "sent" && frame?.type === "producing") this.#readings.up.begin(frame);
      return frame ? brief(frame) : "select";
    } catch (error) {
      return `unreadable (${error}): ${String(message).slice(0, 80)}`;
    }
  }
}

/** Who reads along: with the replica that compressed forms refer to. */
class Reading {
  #codec: Codec | undefined;
  readonly #states = new Map<string, ChannelState>();
  readonly #chunks = new Map<string, SnapshotAssembly>();

  read(message: Wire): Frame | undefined {
    const frame = this.#codecOf(message).decode(message);
    if (frame) this.#take(frame);
    return frame;
  }

  /** What a producer writes from now on is written in a context of its own. */
  begin(frame: ProducingFrame): void {
    this.#codec?.encode(frame);
  }

  #codecOf(message: Wire): Codec {
    if (!this.#codec) {
      const { json, msgpack } = SUBPROTOCOLS;
      const subprotocol = typeof message === "string" ? json : msgpack;
      this.#codec = createCodec(subprotocol, (channel) => this.#states.get(channel));
      this.#codec.readsCompact = true; // whoever does not read them is not sent any
    }
    return this.#codec;
  }

  #take(frame: Frame): void {
    if (frame.type === "snapshot") {
      const chunks = this.#chunks.get(frame.channel) ?? new SnapshotAssembly();
      this.#chunks.set(frame.channel, chunks);
      const whole = chunks.add(frame);
      if (whole) this.#states.set(frame.channel, whole);
    }
    if (frame.type !== "changes") return;
    const state = this.#states.get(frame.channel);
    if (state?.seq !== frame.from) return;
    try {
      this.#states.set(frame.channel, apply(state, frame));
    } catch {
      this.#states.delete(frame.channel); // its reader asks for a snapshot
    }
  }
}

function brief({ type, ...fields }: Frame): string {
  const text = JSON.stringify(fields, (_, value) =>
    value instanceof Uint8Array ? `bytes(${value.length})` : value,
  );
  return `${type} ${text.length > 400 ? `${text.slice(0, 400)}…` : text}`;
}
