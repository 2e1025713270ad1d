import type { Wire } from "@deltawire/protocol";
import type { DeltawireError, Frame } from "@deltawire/spec";
import type { Logger } from "./logger.js";
import type { Statistics } from "./statistics.js";

/** Close code of a connection that went without one (RFC 6455). */
const GONE = 1006;

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

  sent(message: Wire): void {
    this.#host.statistics?.sent(bytesOf(message));
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
