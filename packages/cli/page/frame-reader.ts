import type { TapEvent } from "@deltawire/client";
import type { Change, Frame, PartChange } from "@deltawire/spec";
import { describeChange, describeFrame } from "./frame-text.js";
import { counted } from "./quantity.js";

/** What a row is about: its colour, and the word that stands in it. */
export type RowKind =
  | "append"
  | "edit"
  | "tool"
  | "message"
  | "snapshot"
  | "control"
  | "connected"
  | "lost";

/** One thing that crossed the wire, or happened to it. */
export interface FrameRow {
  readonly number: number;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  readonly direction: "sent" | "received" | "none";
  readonly kind: RowKind;
  /** Bytes, the header of a WebSocket frame included. */
  readonly size: number;
  /** The first bytes. */
  readonly head: Uint8Array;
  /** What it says, in short. */
  readonly text: string;
  /** Why it is as it is, where that is known. */
  readonly reason: string;
  /** Versions that it takes a replica on; 0 for what is no change. */
  readonly versions: number;
}

/** First bytes that are kept. */
const HEAD = 6;

/** Units of what it says that are kept. */
const MAX_TEXT = 160;

const NO_BYTES = new Uint8Array();

type MessageEvent = TapEvent & { readonly type: "message" };

/** Reads what a wire's tap tells. It keeps the lengths of parts, to tell an append from an edit. */
export class FrameReader {
  #lengths = new Map<string, number>();
  #transport: "websocket" | "http" = "websocket";

  /** @returns undefined for what is no row */
  read(event: TapEvent, number: number): FrameRow | undefined {
    const row = {
      number,
      at: event.at,
      direction: "none",
      size: 0,
      head: NO_BYTES,
      versions: 0,
    } as const;
    switch (event.type) {
      case "message":
        return this.#message(event, number);
      case "opened":
        this.#transport = event.transport;
        return {
          ...row,
          kind: "connected",
          text: event.transport === "http" ? "requests over HTTP" : "a WebSocket is open",
          reason: `connection ${event.connection}`,
        };
      case "lost":
        return { ...row, kind: "lost", text: event.error.message, reason: `code ${event.code}` };
      case "channel":
        return undefined;
    }
  }

  #message({ at, direction, message, frame, error }: MessageEvent, number: number): FrameRow {
    const payload = typeof message === "string" ? new TextEncoder().encode(message) : message;
    const kind = frame ? this.#kindOf(frame) : "control";
    const text = frame
      ? describe(frame)
      : (error?.message ?? "the next frames are of this channel");
    return {
      number,
      at,
      direction,
      kind,
      size: payload.length + this.#headerOf(payload.length, direction),
      head: payload.slice(0, HEAD),
      text: text.slice(0, MAX_TEXT),
      reason: frame ? reasonOf(frame) : "",
      versions: frame?.type === "changes" ? frame.to - frame.from : 0,
    };
  }

  /** RFC 6455, 5.2: the length takes 0, 2 or 8 bytes more, a client's mask 4. */
  #headerOf(length: number, direction: "sent" | "received"): number {
    if (this.#transport === "http") return 0;
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    return 2 + extended + (direction === "sent" ? 4 : 0);
  }

  #kindOf(frame: Frame): RowKind {
    if (frame.type === "snapshot") {
      this.#lengths = new Map(); // what was open before it is stated whole, or edited later
      for (const { id, parts } of frame.messages) {
        for (const part of parts) {
          if (part.kind === "text") this.#lengths.set(`${id}/${part.id}`, part.text.length);
        }
      }
      return "snapshot";
    }
    if (frame.type !== "changes") return "control";
    const kinds = frame.changes.map((change) => this.#changeKind(change));
    return ORDER.find((kind) => kinds.includes(kind)) ?? "message";
  }

  #changeKind(change: Change): RowKind {
    if (change.type === "message_added") {
      for (const part of change.parts) {
        if (part.kind === "text") this.#lengths.set(`${change.id}/${part.id}`, part.text.length);
      }
    }
    if (change.type === "message_removed") {
      for (const key of this.#lengths.keys()) {
        if (key.startsWith(`${change.id}/`)) this.#lengths.delete(key);
      }
    }
    if (change.type !== "message_patch") return "message";
    const kinds = (change.parts ?? []).map((part) => this.#partKind(change.id, part));
    return ORDER.find((kind) => kinds.includes(kind)) ?? "message";
  }

  #partKind(message: string, change: PartChange): RowKind {
    if (change.type === "json_patch") return "tool";
    if (change.type === "part_inserted") {
      const { content } = change;
      if (content.kind !== "text") return "tool";
      this.#lengths.set(`${message}/${content.id}`, content.text.length);
      return "append";
    }
    if (change.type !== "text_splice") return "edit";
    const key = `${message}/${change.part}`;
    const length = this.#lengths.get(key) ?? 0;
    const grown = change.splices.reduce((sum, { text, removed }) => sum + text.length - removed, 0);
    this.#lengths.set(key, length + grown);
    const isAtEnd = change.splices.every(
      ({ changed_offset, removed }) => removed === 0 && changed_offset >= length,
    );
    return isAtEnd ? "append" : "edit";
  }
}

/** The kind that names a frame of several changes: the rarest of them. */
const ORDER: readonly RowKind[] = ["edit", "message", "tool", "append"];

function describe(frame: Frame): string {
  return frame.type === "changes"
    ? frame.changes.map(describeChange).join("; ")
    : describeFrame(frame);
}

function reasonOf(frame: Frame): string {
  if (frame.type === "snapshot") return frame.more ? "joined, more follows" : "joined";
  if (frame.type === "checkpoint") return "makes sure";
  if (frame.type !== "changes") return "";
  const versions = frame.to - frame.from;
  if (frame.request !== undefined) {
    return versions > 0 ? `caught up ${counted(versions, "version")}` : "nothing was missed";
  }
  return versions > 1 ? `${versions} versions in one` : "";
}
