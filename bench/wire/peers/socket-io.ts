import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { decodePacket, encodePacket } from "engine.io-parser";
import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import type { Edit, Message, Peer, Receiver, Sender } from "../peer.js";
import { PlainValue } from "../plain-value.js";

/** What the application emits: the name of an event and its arguments. */
type Emitted =
  | readonly ["text", part: string, text: string]
  | readonly ["append", part: string, text: string]
  | readonly ["splice", part: string, offset: number, removed: number, text: string]
  | readonly ["json", part: string, value: JsonValue]
  /** A string inside a JSON part grows at its end. */
  | readonly ["grow", part: string, path: string, text: string]
  | readonly ["patch", part: string, operations: readonly JsonOperation[]];

/** What the application keeps, at both ends. */
class Parts {
  readonly #texts = new Map<string, string>();
  readonly #values = new Map<string, PlainValue>();

  on(emitted: Emitted): void {
    const part = emitted[1];
    if (emitted[0] === "text") this.#texts.set(part, emitted[2]);
    else if (emitted[0] === "append") this.#texts.set(part, this.#text(part) + emitted[2]);
    else if (emitted[0] === "splice") {
      const [, , offset, removed, text] = emitted;
      const before = this.#text(part);
      this.#texts.set(part, before.slice(0, offset) + text + before.slice(offset + removed));
    } else if (emitted[0] === "json") this.#values.set(part, new PlainValue(emitted[2]));
    else if (emitted[0] === "grow") {
      const [, , path, text] = emitted;
      const changed_offset = this.lengthAt(part, path);
      this.#value(part).apply({ op: "splice", path, changed_offset, removed: 0, text });
    } else for (const operation of emitted[2]) this.#value(part).apply(operation);
  }

  #text(part: string): string {
    return this.#texts.get(part) ?? "";
  }

  #value(part: string): PlainValue {
    const value = this.#values.get(part);
    if (!value) throw new Error(`no part ${part}`);
    return value;
  }

  /** The length of the string that stands inside a JSON part. */
  lengthAt(part: string, path: string): number {
    return String(this.#value(part).at(path)).length;
  }

  read(part: string): string | JsonValue | undefined {
    return this.#texts.get(part) ?? this.#values.get(part)?.value;
  }

  /** The events that state everything there is. */
  all(): Emitted[] {
    const all: Emitted[] = [];
    for (const [part, text] of this.#texts) all.push(["text", part, text]);
    for (const [part, { value }] of this.#values) all.push(["json", part, value]);
    return all;
  }
}

class SocketIoSender implements Sender {
  readonly #encoder = new Encoder();
  readonly #parts = new Parts();

  send(edits: readonly Edit[]): readonly Message[] {
    const messages: string[] = [];
    for (const edit of edits) {
      for (const emitted of this.#emittedFor(edit)) {
        messages.push(...this.#encode(emitted));
        this.#parts.on(emitted);
      }
    }
    return messages;
  }

  #emittedFor(edit: Edit): Emitted[] {
    const { part } = edit;
    if (edit.is === "text") return [["text", part, ""]];
    // A value changes in place from here on: the input keeps its own.
    if (edit.is === "json") return [["json", part, structuredClone(edit.value)]];
    if (edit.is === "append") return [["append", part, edit.text]];
    if (edit.is === "splice") return [["splice", part, edit.offset, edit.removed, edit.text]];
    const [operation, ...others] = edit.operations;
    const isGrowth =
      others.length === 0 &&
      operation?.op === "splice" &&
      operation.removed === 0 &&
      operation.changed_offset === this.#parts.lengthAt(part, operation.path);
    if (isGrowth) return [["grow", part, operation.path, operation.text]];
    return [["patch", part, structuredClone(edit.operations)]];
  }

  /** The packet of an event, in the message packet of the transport. */
  #encode(emitted: Emitted): string[] {
    const packet: Packet = { type: PacketType.EVENT, nsp: "/", data: emitted };
    return this.#encoder.encode(packet).map((data) => {
      let message = "";
      encodePacket({ type: "message", data }, true, (encoded) => {
        message = String(encoded);
      });
      return message;
    });
  }

  end(): readonly Message[] {
    return [];
  }

  join(): readonly Message[] {
    return this.#parts.all().flatMap((emitted) => this.#encode(emitted));
  }
}

class SocketIoReceiver implements Receiver {
  readonly #decoder = new Decoder();
  readonly #parts = new Parts();

  constructor() {
    // What arrives is what the application's other end has emitted.
    this.#decoder.on("decoded", ({ data }) => this.#parts.on(data as Emitted));
  }

  receive(message: Message): void {
    this.#decoder.add(decodePacket(message).data);
  }

  read(part: string): string | JsonValue | undefined {
    return this.#parts.read(part);
  }

  /** A packet has no number: that one is missing shows only to an application that counts. */
  readonly hasNoticed = false;
}

/**
 * Socket.IO: an application that emits what has changed, and keeps the parts itself; its words
 * are as short as readable ones are. Who joins is sent everything.
 */
export const socketIo: Peer = {
  name: "socket-io",
  title: "Socket.IO",
  package: "socket.io",
  framing: "websocket",
  sender: () => new SocketIoSender(),
  receiver: () => new SocketIoReceiver(),
};
