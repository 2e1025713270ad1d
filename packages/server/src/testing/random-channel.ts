import type { Change } from "@deltawire/spec";
import type { HostedChannel } from "../hosted-channel.js";
import { atOnce } from "./at-once.js";
import { added, append, completed, frame, removed, splice, textPart } from "./changes.js";

/** What a random writer does next: which of its producers, what, with how much. */
export interface RandomStep {
  readonly producer: number;
  readonly kind: number;
  readonly size: number;
}

const ALPHABET = ["a", "Bc ", "ä", "漢", "😀", "\0", "line\n"];

/** Producers of a channel that do whatever is legal; everything they do follows from numbers. */
export class RandomWriters {
  readonly #channel: HostedChannel;
  readonly #writers: { id: string; token: number; seq: number }[];
  #count = 0;

  constructor(channel: HostedChannel, writers: number) {
    this.#channel = channel;
    this.#writers = Array.from({ length: writers }, (_, i) => {
      const { token } = atOnce(
        channel.attach(`w${i}`, { fence: () => undefined, lose: () => undefined }),
      );
      return { id: `w${i}`, token, seq: 0 };
    });
  }

  write({ producer, kind, size }: RandomStep): void {
    const writer = this.#writers[producer % this.#writers.length];
    if (!writer) return;
    const changes = this.#changes(writer.id, kind, size);
    const { ack } = atOnce(
      this.#channel.append(writer.id, writer.token, frame(writer.seq, ...changes)),
    );
    writer.seq = ack.seq;
  }

  #changes(owner: string, kind: number, size: number): Change[] {
    const { state } = this.#channel;
    const own = state.messages.filter((m) => !m.isFinal && m.origin === owner);
    const message = own[size % Math.max(1, own.length)];
    if (!message || kind === 0) return [this.#begin(size)];
    const { id } = message;
    const { text } = message;
    switch (kind) {
      case 1:
        return [completed(id, ...message.digests())];
      case 2:
        return size % 3 === 0 ? [removed(id)] : [append(id, text.length, "!")];
      case 3:
        return [edit(id, text, size)];
      case 4:
        return [this.#insert(id, size)];
      case 5:
        return [{ type: "message_patch", id, status: size % 2 ? "interrupted" : "streaming" }];
      case 6: {
        const value = `title ${size}`;
        return [{ type: "channel_patch", attributes: [{ op: "add", path: "/title", value }] }];
      }
      default:
        return [
          append(id, text.length, textOf(size)),
          ...(size % 5 === 0 ? [edit(id, "", 0)] : []),
        ];
    }
  }

  /** A new message; or one that is final already, in its next generation. */
  #begin(size: number): Change {
    const final = this.#channel.state.messages.filter(({ isFinal }) => isFinal);
    const again = size % 4 === 0 ? final[size % Math.max(1, final.length)] : undefined;
    this.#count += 1;
    const id = again?.id ?? `m${this.#count}`;
    const generation = again ? again.generation + 1 : 0;
    const ended = size % 5 === 1 && { status: "completed" as const };
    return added(id, textOf(size), { generation, attributes: { n: this.#count }, ...ended });
  }

  #insert(id: string, size: number): Change {
    this.#count += 1;
    const part = `p${this.#count}`;
    const content =
      size % 3 === 0
        ? ({ id: part, kind: "json", value: { list: [size, textOf(size)] } } as const)
        : textPart(textOf(size), part);
    return { type: "message_patch", id, parts: [{ type: "part_inserted", content }] };
  }
}

const textOf = (size: number): string => (ALPHABET[size % ALPHABET.length] ?? "").repeat(size);

/** A replacement of some of a text, which cuts no pair: of all of it where it may. */
function edit(id: string, text: string, size: number): Change {
  const at = text.search(/[a-z]/);
  return at < 0 ? splice(id, 0, 0, "x") : splice(id, at, 1, `<${size}>`);
}
