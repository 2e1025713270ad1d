import { inflateRawSync } from "node:zlib";
import { MessagePack, type Wire } from "@deltawire/protocol";
import { type JsonObject, LIMITS } from "@deltawire/spec";
import { Trace } from "./trace.js";

/** Who is told what happens on a connection. */
export interface Traffic {
  /** Something that must not be, though everything arrives in order. */
  readonly wrong: (what: string, isRepair: boolean) => void;
  /** A producer's client has its attachment. */
  readonly attached: () => void;
  /** Frames are decoded for this alone, so it is not there in a run whose trace nobody reads. */
  readonly trace?: (line: string) => void;
}

/** What a connection is in the middle of, as its frames have it. */
export type Phase =
  | "connecting"
  | "opening"
  | "subscribing"
  | "loading a snapshot"
  | "catching up"
  | "attaching"
  | "live";

/** Follows a connection's frames: for its phase, and for the trace. */
export class Watch {
  readonly #traffic: Traffic;
  readonly #trace: Trace | undefined;
  phase: Phase = "connecting";
  #isAttaching = false;
  #subscribes = 0;
  #unsubscribes = 0;
  /** The number of the latest `subscribe`. A program follows one channel. */
  #asked: unknown;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
    this.#trace = traffic.trace && new Trace(traffic.trace);
  }

  opened(): void {
    this.phase = "opening";
  }

  note(what: string): void {
    this.#trace?.note(what);
  }

  /** Arrived at the server. */
  up(message: Wire): void {
    const kind = kindOf(message);
    if (kind === "subscribe") {
      this.phase = "subscribing";
      this.#subscribes += 1;
      this.#asked = fieldsOf(message).request;
      if (this.#subscribes > this.#unsubscribes + 1)
        this.#traffic.wrong("a consumer asks anew", true);
    }
    if (kind === "unsubscribe") this.#unsubscribes += 1;
    if (kind === "error") this.#traffic.wrong("a client cannot read what it was sent", false);
    if (kind === "produce") this.#isAttaching = true;
    this.#trace?.message("up", message);
  }

  /** Left the server's engine. */
  sentDown(message: Wire): void {
    this.#trace?.message("sent", message);
  }

  /** Arrived at the client. */
  down(message: Wire): void {
    const kind = kindOf(message);
    if (kind === "error" && this.#isForLater(message)) this.#unsubscribes += 1;
    if (kind === "welcome" && this.phase === "opening") this.phase = "live";
    if (kind === "subscribed") this.phase = "catching up";
    if (kind === "snapshot") this.phase = isLastChunk(message) ? "live" : "loading a snapshot";
    if (kind === "producing") {
      this.#isAttaching = false;
      this.#traffic.attached();
    }
    if (kind === "changes" || kind === "catch_up") this.phase = "live";
    this.#trace?.message("down", message);
  }

  /**
   * Whether a `subscribe` is answered by `overloaded`: log or store could not be reached for 10 s.
   * Nobody follows then, and who wants to asks again (PROTOCOL.md, sections 5 and 10.2).
   */
  #isForLater(message: Wire): boolean {
    const { request, code } = fieldsOf(message);
    return code === "overloaded" && request !== undefined && request === this.#asked;
  }

  get isAttaching(): boolean {
    return this.#isAttaching;
  }
}

const ARRAYS = ["changes", "catch_up", "snapshot", "select", "checkpoint", "changes"];

/** What an array is, from its code: those of compact values have 8 more. */
const arrayOf = (code = 0): string => ARRAYS[code & 7] ?? "";

/** The type of a frame, from its first bytes. */
function kindOf(message: Wire): string {
  if (typeof message === "string") return /"type":"(\w+)"/.exec(message)?.[1] ?? "";
  const [first = 0, second = 0] = message;
  if (first < 0x80 || first === 0xc1 || first === 0xc7) return "changes";
  if (first >= 0x90 && first <= 0x9f) return arrayOf(second);
  if (first === 0xd7) return kindOf(plainOf(message));
  if (first >= 0xd4 && first <= 0xd8) return "changes";
  if (first === 0xdc) return arrayOf(message[3]);
  if (first === 0xdd) return arrayOf(message[5]);
  // A map whose first member is its type: a fixstr key of four, then the name.
  const length = (message[6] ?? 0) & 31;
  return String.fromCharCode(...message.subarray(7, 7 + length));
}

/** The fields of a frame that is written by their names; none of one that cannot be read. */
function fieldsOf(message: Wire): JsonObject {
  try {
    const fields = typeof message === "string" ? JSON.parse(message) : MessagePack.unpack(message);
    return fields as JsonObject; // its first byte said so
  } catch {
    return {};
  }
}

/** Whether a snapshot has no `more`. */
const isLastChunk = (message: Wire): boolean =>
  typeof message === "string" ? !message.includes('"more":true') : !hasTrue(plainOf(message));

/** A statement as it was before it was compressed; nothing, of what never was one. */
function plainOf(message: Uint8Array): Uint8Array {
  if (message[0] !== 0xd7) return message;
  try {
    return inflateRawSync(message.subarray(1), { maxOutputLength: LIMITS.max_frame_bytes });
  } catch {
    return new Uint8Array();
  }
}

/** In MessagePack `more` stands behind keys, if values are compact, a number, a text and a number. */
function hasTrue(message: Uint8Array): boolean {
  const isCompact = ((message[1] ?? 0) & 8) !== 0;
  let at = 2;
  for (let i = isCompact ? 4 : 3; i > 0; i--) at = behind(message, at);
  return message[at] === 0xc3;
}

/** Where the value ends that begins at a place: a whole number, a text, or a list of those. */
function behind(message: Uint8Array, at: number): number {
  const first = message[at] ?? 0;
  const number = (bytes: number): number =>
    message.subarray(at + 1, at + 1 + bytes).reduce((sum, byte) => 256 * sum + byte, 0);
  if (first < 0x80 || first === 0xc0) return at + 1;
  if (first >= 0xa0 && first <= 0xbf) return at + 1 + (first & 31);
  if (first >= 0xd9 && first <= 0xdb) {
    const width = 2 ** (first - 0xd9);
    return at + 1 + width + number(width);
  }
  if (first >= 0xcc && first <= 0xcf) return at + 1 + 2 ** (first - 0xcc);
  if (first !== 0xdc && (first < 0x90 || first > 0x9f)) return message.length; // none that stands here
  let end = at + (first === 0xdc ? 3 : 1);
  for (let left = first === 0xdc ? number(2) : first & 15; left > 0; left--) {
    end = behind(message, end);
  }
  return end;
}
