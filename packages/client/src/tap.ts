import type { Wire as Message } from "@deltawire/protocol/json";
import type { ChannelState } from "@deltawire/protocol/state";
import type { DeltawireError, Frame } from "@deltawire/spec";
import type { Platform } from "./platform.js";
import type { Loss } from "./reconnection.js";
import type { Transport } from "./transports.js";

/**
 * What happens on a wire, as {@link Wire.tap} tells it. `at` is in milliseconds of the platform's
 * clock (`performance.now()`); `connection` counts the connections of this wire from 1.
 */
export type TapEvent =
  /**
   * A WebSocket message, as it is on the wire: not to be written to. Over HTTP it is one event, one
   * frame of a request or of an answer, or, of a `subscribe`, the address that is asked. `frame` is
   * undefined for a `select` of the MessagePack codec, and where it could not be read: then there is
   * the `error`.
   */
  | {
      readonly type: "message";
      readonly at: number;
      readonly connection: number;
      readonly direction: "sent" | "received";
      readonly message: string | Uint8Array;
      readonly frame: Frame | undefined;
      readonly error?: DeltawireError;
    }
  /** Frames go out over a connection. */
  | {
      readonly type: "opened";
      readonly at: number;
      readonly connection: number;
      readonly transport: Transport;
    }
  /** A connection is over, or was never made; `code` is a WebSocket close code or fits like one. */
  | {
      readonly type: "lost";
      readonly at: number;
      readonly connection: number;
      readonly transport: Transport;
      readonly code: number;
      readonly error: DeltawireError;
      /** Milliseconds for which the server asked to stay away. */
      readonly retryAfter?: number;
    }
  /** What the next frame of a channel applies to: for a tap that begins when there is a replica. */
  | {
      readonly type: "channel";
      readonly at: number;
      readonly channel: string;
      readonly state: ChannelState;
    };

type TapListener = (event: TapEvent) => void;

type Opened = TapEvent & { readonly type: "opened" };

/** Where a wire can be listened to. While nobody does, nothing is made for it. */
export class Tap {
  readonly #clock: Platform["clock"];
  readonly #listeners = new Set<TapListener>();
  #connection = 0;
  #isBegun = false;
  #transport: Transport = "websocket";
  #opened: Opened | undefined;

  constructor(clock: Platform["clock"]) {
    this.#clock = clock;
  }

  /** Tells a listener how things are, and from then on everything. Returns what stops it. */
  add(listener: TapListener, replicas: Iterable<readonly [string, ChannelState]>): () => void {
    const own: TapListener = (event) => listener(event); // the same function may be added twice
    if (this.#opened) own(this.#opened);
    for (const [channel, state] of replicas) {
      own({ type: "channel", at: this.#clock.now(), channel, state });
    }
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Another connection is begun. */
  begin(transport: Transport): void {
    this.#connection += 1;
    this.#isBegun = true;
    this.#transport = transport;
  }

  /** Frames go out; what it says again of the same connection is not told. */
  opened(): void {
    if (this.#opened) return;
    const connection = this.#connection;
    this.#opened = {
      type: "opened",
      at: this.#clock.now(),
      connection,
      transport: this.#transport,
    };
    this.#tell(this.#opened);
  }

  /** @see ConnectionHost.passed */
  passed(
    direction: "sent" | "received",
    message: Message,
    frame: Frame | undefined,
    error?: DeltawireError,
  ): void {
    if (this.#listeners.size === 0) return;
    this.opened(); // the first frame goes out before anybody is told
    const at = this.#clock.now();
    const connection = this.#connection;
    this.#tell({
      type: "message",
      at,
      connection,
      direction,
      message,
      frame,
      ...(error && { error }),
    });
  }

  /** The connection is over, if one was begun. */
  lost({ code, error, retryAfter }: Loss): void {
    if (!this.#isBegun) return;
    this.#isBegun = false;
    this.#opened = undefined;
    this.#tell({
      type: "lost",
      at: this.#clock.now(),
      connection: this.#connection,
      transport: this.#transport,
      code,
      error,
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }

  #tell(event: TapEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // Who looks on breaks nothing: it is reported where errors without a catch are.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
