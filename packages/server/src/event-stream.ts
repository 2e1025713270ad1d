import type { Clock } from "@deltawire/encoder";
import { createCodec, type SharedFrame } from "@deltawire/protocol";
import { DeltawireError, type Frame, LIMITS, SUBPROTOCOLS } from "@deltawire/spec";
import type { Principal } from "./access.js";
import type { ConnectionRecord } from "./connection-record.js";
import type { Consumer } from "./consumer.js";
import { formatVersion, type Version } from "./http-version.js";
import { Pacer } from "./pacer.js";
import type { Subscription } from "./subscription.js";
import { HIGH_WATER, MAX_WAITING } from "./transport.js";

/** Milliseconds between two comments: proxies and clients take a silent stream for a dead one. */
const COMMENT_INTERVAL = 15_000;

/** The same bytes for everybody, like the frame that they carry. */
const EVENTS = new WeakMap<SharedFrame, Uint8Array>();

const encoder = new TextEncoder();
const codec = createCodec(SUBPROTOCOLS.json);

/** A frame in the JSON codec. */
export function encodeFrame(frame: Frame): string {
  return codec.encode(frame).join("");
}

/** What an {@link EventStream} needs of who serves it. */
export interface EventStreamHost {
  readonly clock: Clock;
  /** Who reads. */
  readonly principal: Principal;
  readonly record: ConnectionRecord;
  /** A defect of the server. The stream ends. */
  report(defect: unknown): void;
  /** Nothing more will come of the channel; the stream stays. */
  onRelease?(): void;
  /** The stream has ended, from whichever side. */
  onEnd(): void;
}

/**
 * Frames as server-sent events (WHATWG HTML, 9.2), for one who reads: it gets what a WebSocket
 * gets, at its own pace. An event has an id where the reader is whole at that version after it.
 */
export class EventStream implements Consumer {
  readonly binary = false;
  readonly body: ReadableStream<Uint8Array>;
  readonly #host: EventStreamHost;
  readonly #epoch: () => string;
  readonly #pacer: Pacer;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #cancelComment: () => void = () => undefined;

  /**
   * @param epoch of the channel, now
   * @param retry milliseconds after which a reader comes back
   */
  constructor(host: EventStreamHost, epoch: () => string, retry: number) {
    this.#host = host;
    this.#epoch = epoch;
    const isCongested = () => this.isCongested;
    this.#pacer = new Pacer({
      get isCongested() {
        return isCongested();
      },
      fail: (subscription, error) => this.fail(subscription, error),
    });
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER });
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pacer.run(),
        cancel: () => this.#end(),
      },
      strategy,
    );
    this.#write(encoder.encode(`retry: ${retry}\n\n`));
    this.#comment();
  }

  get principal(): Principal {
    return this.#host.principal;
  }

  get isCongested(): boolean {
    return (this.#controller?.desiredSize ?? 1) <= 0;
  }

  get hasEnded(): boolean {
    return this.#controller === undefined;
  }

  fits(shared: SharedFrame): boolean {
    return 3 * shared.json.length <= LIMITS.max_frame_bytes || isShort(shared.json);
  }

  pace(subscription: Subscription): void {
    this.#pacer.add(subscription);
  }

  /** A subscription has ended: what it had still to send is not sent. */
  forget(subscription: Subscription): void {
    this.#pacer.delete(subscription);
  }

  release(subscription: Subscription): void {
    this.forget(subscription);
    this.#host.onRelease?.();
  }

  deliver(shared: SharedFrame): void {
    let bytes = EVENTS.get(shared);
    if (!bytes) {
      bytes = event(shared.json, this.#versionAfter(shared.frame));
      EVENTS.set(shared, bytes);
    }
    if (this.hasEnded) return;
    this.#write(bytes);
    this.#host.record.delivered(shared, bytes.length, undefined);
  }

  send(frame: Frame): void {
    this.#host.record.told(frame);
    this.#write(event(encodeFrame(frame), this.#versionAfter(frame)));
    if (frame.type === "goodbye" && frame.retry_after !== undefined) {
      this.#write(encoder.encode(`retry: ${frame.retry_after}\n\n`));
    }
  }

  /** Says why it ends, in a word of its own, and ends. */
  close(code: number, reason: string): void {
    const data = JSON.stringify({ code, reason });
    this.#write(encoder.encode(`event: close\ndata: ${data}\n\n`));
    this.#controller?.close();
    this.#end(code);
  }

  #end(code?: number): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    this.#host.record.closed(code);
    this.#cancelComment();
    this.#host.onEnd();
  }

  #comment(): void {
    this.#cancelComment = this.#host.clock.after(COMMENT_INTERVAL, () => {
      if (!this.isCongested) this.#write(encoder.encode(":\n\n"));
      this.#comment();
    });
  }

  #write(bytes: Uint8Array): void {
    const controller = this.#controller;
    if (!controller) return;
    controller.enqueue(bytes);
    this.#host.record.sent(bytes);
    const waiting = HIGH_WATER - (controller.desiredSize ?? 0);
    if (waiting <= MAX_WAITING + bytes.length) return;
    const what = `more than ${MAX_WAITING} bytes wait for a reader that does not read`;
    this.#break(new DeltawireError("overloaded", what));
  }

  /** A subscription cannot go on: who reads it comes back. */
  fail(_subscription: Subscription, error: unknown): void {
    if (error instanceof DeltawireError) {
      this.#break(error);
      return;
    }
    this.#host.report(error);
    this.#break(new DeltawireError("internal", "the server failed on this"));
  }

  /** Ends it in the midst of something: who reads it comes back. */
  #break(error: DeltawireError): void {
    this.#controller?.error(error);
    this.#end();
  }

  /** The version that a reader of this frame is whole at; undefined in the midst of something. */
  #versionAfter(frame: Frame): Version | undefined {
    switch (frame.type) {
      case "subscribed":
        return frame.answer === "current" ? frame : undefined;
      case "snapshot":
        return frame.more ? undefined : frame;
      case "changes":
        return { epoch: this.#epoch(), seq: frame.to };
      default:
        return undefined;
    }
  }
}

function event(data: string, version: Version | undefined): Uint8Array {
  const id = version ? `id: ${formatVersion(version)}\n` : "";
  return encoder.encode(`${id}data: ${data}\n\n`);
}

function isShort(data: string): boolean {
  return encoder.encode(data).length <= LIMITS.max_frame_bytes;
}
