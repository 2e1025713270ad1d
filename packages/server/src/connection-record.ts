import { type Form, SharedFrame, type Wire } from "@deltawire/protocol";
import type { DeltawireError, Frame } from "@deltawire/spec";
import type { Logger } from "./logger.js";
import type { Statistics } from "./statistics.js";

/** Close code of a connection that went without one (RFC 6455). */
const GONE = 1006;

/** Frames that were logged since they are large. */
const NOTED = new WeakSet<SharedFrame>();

/** Where a connection is counted and logged. */
export interface RecordHost {
  readonly statistics?: Statistics;
  readonly logger?: Logger;
}

/** What is counted and logged of one connection. Never a token, nor what is written. */
export class ConnectionRecord {
  readonly #host: RecordHost;
  readonly #remoteAddress: string | undefined;
  readonly #who: () => string | undefined;

  /** @param who the principal's id, once that is known; not asked before it is known here */
  constructor(host: RecordHost, remoteAddress: string | undefined, who: () => string | undefined) {
    this.#host = host;
    this.#remoteAddress = remoteAddress;
    this.#who = who;
    host.statistics?.opened();
    host.logger?.debug({ remoteAddress }, "connection opened");
  }

  /** It is gone; without a code where nobody has closed it. */
  closed(code: number = GONE): void {
    this.#host.statistics?.closed(code);
    this.#host.logger?.info(this.#fields({ code }), "connection closed");
  }

  received(message: Wire): void {
    this.#host.statistics?.received(bytesOf(message));
  }

  /** Returns the bytes of the message. */
  sent(message: Wire): number {
    const bytes = bytesOf(message);
    this.#host.statistics?.sent(bytes);
    return bytes;
  }

  /**
   * A frame of a channel was sent.
   *
   * @param bytes of its message
   * @param form in which it went as MessagePack; undefined for JSON
   */
  delivered(shared: SharedFrame, bytes: number, form: Form | undefined): void {
    const packed = form && shared.packed(form.isCompact);
    const original = packed?.original ?? bytes;
    const isCompressed = packed !== undefined && form?.isCompressed === true && packed.isCompressed;
    this.#host.statistics?.delivered(original, bytes, isCompressed);
    if (original > SharedFrame.largePayload) {
      this.#noteLarge(shared, { original, sent: bytes, isCompressed });
    }
  }

  /** One line for each large frame, however many it goes to. */
  #noteLarge(
    shared: SharedFrame,
    size: { readonly original: number; readonly sent: number; readonly isCompressed: boolean },
  ): void {
    const { logger } = this.#host;
    if (!logger || NOTED.has(shared)) return;
    NOTED.add(shared);
    const { type, channel } = shared.frame;
    const { original, sent, isCompressed: compressed } = size;
    logger.info({ channel, frame: type, original, sent, compressed }, "large payload");
  }

  /** Takes note of a frame that is sent to this client alone. */
  told(frame: Frame): void {
    switch (frame.type) {
      case "welcome":
        this.#host.logger?.info(this.#fields(), "connection welcomed");
        return;
      case "ack":
        for (const { code, count } of frame.refused ?? []) {
          this.#host.statistics?.refused(code, count);
        }
        return;
      case "error": {
        const { code, channel, path } = frame; // its message may quote what was sent
        this.#host.statistics?.failed(code);
        this.#host.logger?.warn(this.#fields({ code, channel, path }), "refused");
        return;
      }
      default:
    }
  }

  #fields(more: Readonly<Record<string, string | number | undefined>> = {}): object {
    return { remoteAddress: this.#remoteAddress, principal: this.#who(), ...more };
  }
}

/** Takes note of one who was not let in, or of a request that failed. */
export function noteRefusal(
  { statistics, logger }: RecordHost,
  { code, channel }: DeltawireError,
  remoteAddress: string | undefined,
): void {
  statistics?.failed(code);
  logger?.warn({ remoteAddress, code, channel }, "refused");
}

function bytesOf(message: Wire): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.length;
}
