import type { ChannelState } from "@deltawire/protocol/state";
import { CLOSE_CODES, type DeltawireError, type Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { type Connection, type ConnectionHost, failureOf } from "./connection.js";
import { Credentials } from "./credentials.js";
import type { ReadOptions } from "./options.js";
import type { Platform } from "./platform.js";
import { http, msgpack } from "./preload.js";
import { backoff, type ConnectionEvent, type Loss, type Situation, step } from "./reconnection.js";
import { SocketConnection } from "./socket-connection.js";
import type { Tap } from "./tap.js";
import { Transports } from "./transports.js";

/** What a {@link Link} tells its owner. */
export interface LinkHost {
  /** Frames go out, and what went out before may be lost: every channel asks anew. */
  opened(): void;
  receive(frame: Frame): void;
  /** See {@link ConnectionHost.replicaOf}. */
  replicaOf(channel: string): ChannelState | undefined;
  /** Frames do not go out any more. */
  disconnected(): void;
  /** The situation is another one. */
  changed(): void;
}

/** The way to a server, over one connection after the other: the one owner of reconnecting. */
export class Link {
  readonly #url: string;
  readonly #options: ReadOptions;
  readonly #platform: Platform;
  readonly #host: LinkHost;
  readonly #credentials: Credentials;
  readonly #transports: Transports;
  readonly #tap: Tap;
  #situation: Situation = { is: "idle" };
  #connection: Connection | undefined;
  #isOpen = false;
  #cancelWait: (() => void) | undefined;
  #cancelAnew: (() => void) | undefined;
  #doubts = 0;
  #stopWaking: (() => void) | undefined;

  constructor(url: string, options: ReadOptions, platform: Platform, tap: Tap, host: LinkHost) {
    this.#url = url;
    this.#options = options;
    this.#platform = platform;
    this.#tap = tap;
    this.#host = host;
    this.#credentials = new Credentials(options.token, platform.clock);
    this.#transports = new Transports(options.transport);
  }

  get situation(): Situation {
    return this.#situation;
  }

  /** Whether frames go out; what the server thinks of it is the situation's. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Connects, if nobody has asked for that before, at the end of the turn. */
  need(): void {
    if (this.#situation.is !== "idle") return;
    const { clock } = this.#platform;
    this.#cancelWait ??= clock.after(0, () => this.#step({ type: "needed" }));
  }

  /** Connects now, where it waits or has stopped because of the token. */
  retry(): void {
    this.#credentials.forgive();
    this.#step({ type: "retried" });
  }

  /** Closes the connection, for good. */
  end(error: DeltawireError): void {
    this.#step({ type: "ended", error });
  }

  /** Sends a frame, or drops it while there is no connection. @see Connection.send */
  send(frame: Frame, after?: ChannelState): void {
    if (this.#isOpen) this.#connection?.send(frame, after);
  }

  #step(event: ConnectionEvent): void {
    const before = this.#situation;
    const { situation, action } = step(before, event);
    this.#situation = situation;
    if (situation !== before) {
      this.#cancelWait?.();
      this.#cancelWait = undefined;
    }
    switch (action?.do) {
      case "connect":
        this.#stopWaking ??= this.#platform.onWake(() => this.#wake());
        this.#connect();
        break;
      case "wait":
        this.#wait(action.ms);
        break;
      case "probe":
        this.#connection?.probe();
        break;
      case "stop":
        this.#forget();
        if (situation.is === "stopped") {
          this.#tap.lost({ code: CLOSE_CODES.normal, error: situation.error });
        }
        this.#stopWaking?.();
        this.#stopWaking = undefined;
    }
    if (situation !== before) this.#host.changed();
  }

  #wait(ms: number): void {
    this.#cancelWait = this.#platform.clock.after(ms, () => this.#step({ type: "elapsed" }));
  }

  #wake(): void {
    this.#step({ type: "woken", now: this.#platform.clock.now() });
  }

  #connect(): void {
    const attempt = this.#situation;
    const isCurrent = () => this.#situation === attempt;
    this.#credentials.get(
      (token) => isCurrent() && this.#open(token, isCurrent),
      (loss) => isCurrent() && this.#closed(loss),
    );
  }

  #open(token: string | undefined, isCurrent: () => boolean): void {
    const host: ConnectionHost = {
      opened: () => {
        this.#isOpen = true;
        this.#transports.opened();
        this.#tap.opened();
        this.#host.opened();
      },
      welcomed: (expiresIn) => this.#welcomed(expiresIn),
      passed: (direction, message, frame, error) =>
        this.#tap.passed(direction, message, frame, error),
      receive: (frame) => this.#receive(frame),
      unreadable: () => this.#askAnew(),
      replicaOf: (channel) => this.#host.replicaOf(channel),
      lost: (loss) => this.#closed(loss),
    };
    const { codec, compact = true, WebSocket = this.#platform.WebSocket } = this.#options;
    const url = this.#url;
    const transport = this.#transports.next();
    this.#tap.begin(transport);
    const begin = (connection: Connection) => {
      this.#connection = connection;
      connection.open();
    };
    if (transport === "websocket") {
      const isJson = codec === "json" || msgpack.isMissing;
      const protocols = isJson ? [SUBPROTOCOLS.json] : Object.values(SUBPROTOCOLS);
      const settings = { url, token, protocols, compact, WebSocket };
      begin(new SocketConnection(settings, this.#platform, host));
      return;
    }
    http.use(
      ({ HttpConnection }) =>
        isCurrent() && begin(new HttpConnection({ url, token }, this.#platform, host)),
      (error) => isCurrent() && this.#closed(failureOf(error)),
    );
  }

  #welcomed(expiresIn: number | undefined): void {
    this.#keepToken(expiresIn);
    this.#step({ type: "opened", now: this.#platform.clock.now() });
  }

  #keepToken(expiresIn: number | undefined): void {
    this.#credentials.keep(expiresIn, (token) => this.send({ type: "authenticate", token }));
  }

  #receive(frame: Frame): void {
    if (frame.type === "authenticated") this.#keepToken(frame.expires_in);
    else if (frame.type !== "error" || frame.channel !== undefined) this.#host.receive(frame);
    else if (!CONNECTION_ERRORS.includes(frame.code)) this.#doubt();
  }

  /**
   * Something that was sent is lost, and nobody can tell what: every channel asks anew. A server
   * that cannot read that either closes the connection in the end.
   */
  #doubt(): void {
    const { clock, random } = this.#platform;
    if (this.#cancelAnew) return;
    this.#cancelAnew = clock.after(backoff(this.#doubts, random()), () => {
      this.#cancelAnew = undefined;
      this.#askAnew();
    });
    this.#doubts += 1;
  }

  /** At once where the server's word is lost: the rest of a snapshot would pass for the whole. */
  #askAnew(): void {
    this.#host.disconnected();
    this.#host.opened();
  }

  #closed(loss: Loss): void {
    const wasOpen = this.#isOpen;
    this.#forget();
    this.#tap.lost(loss);
    const { clock, random } = this.#platform;
    const judged = this.#credentials.judge(loss);
    this.#step({ type: "closed", now: clock.now(), random: random(), loss: judged });
    if (wasOpen) this.#host.disconnected();
  }

  /** Forgets the connection, if there is one, and whatever was going on with it. */
  #forget(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#isOpen = false;
    this.#credentials.stop();
    this.#cancelAnew?.();
    this.#cancelAnew = undefined;
    this.#doubts = 0;
  }
}

/** Errors without a channel after which nothing is in doubt: a newer frame; a close that follows. */
const CONNECTION_ERRORS: readonly string[] = ["unknown_frame", "unauthorized", "going_away"];
