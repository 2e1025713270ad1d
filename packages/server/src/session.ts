import type { Clock } from "@deltawire/encoder";
import type { Wire } from "@deltawire/protocol";
import {
  CLOSE_CODES,
  DeltawireError,
  type Frame,
  type HelloFrame,
  LIMITS,
  type Subprotocol,
  unreachable,
} from "@deltawire/spec";
import { type Access, type Action, ANYBODY, type Credentials, type Principal } from "./access.js";
import { Following } from "./following.js";
import type { HostedChannel } from "./hosted-channel.js";
import { Inbox } from "./inbox.js";
import { Line } from "./line.js";
import { Producing } from "./producing.js";
import type { Transport } from "./transport.js";

/** Milliseconds that a client has for its `hello`. */
const HELLO_TIMEOUT = 10_000;

/** What a {@link Session} needs of its server. */
export interface SessionHost {
  readonly clock: Clock;
  /** The channel of a name. @throws DeltawireError where there is no room for another one */
  open(channel: string): HostedChannel;
  /** Takes note of a defect of the server. The client is told, and everything goes on. */
  report(defect: unknown): void;
  /** Who may do what. @default everybody everything */
  readonly access?: Pick<Access, "authenticate" | "authorize" | "expiresIn">;
}

/** What is known of a connection before its first frame. */
export interface SessionOptions {
  readonly subprotocol: Subprotocol;
  /** Who it is, where the handshake has shown that. */
  readonly principal?: Principal;
  /** What the handshake has shown, for the token of `hello` to be added to. */
  readonly credentials?: Credentials;
  /** Milliseconds of silence after which an end asks whether the other one is there. */
  readonly heartbeat?: number;
}

/** What handling a frame comes to: nothing, or a promise for which the frames behind it wait. */
type Handled = undefined | Promise<void>;

/** One connection, on the server's side: what its frames mean, whatever carries them. */
export class Session {
  readonly #host: SessionHost;
  readonly #options: SessionOptions;
  readonly #line: Line;
  readonly #inbox: Inbox;
  readonly #following: Following;
  readonly #producing: Producing;
  readonly #cancelHello: () => void;
  #principal: Principal | undefined;
  #malformed = 0;
  #heardAt: number;

  constructor(host: SessionHost, transport: Transport, options: SessionOptions) {
    const { clock } = host;
    const open = (channel: string) => host.open(channel);
    this.#host = host;
    this.#options = options;
    this.#heardAt = clock.now();
    this.#line = new Line(transport, options.subprotocol, () => this.#onClose());
    this.#inbox = new Inbox({
      take: (message) => this.#take(message),
      pause: () => transport.pause?.(),
      resume: () => transport.resume?.(),
      overflow: () => this.close(CLOSE_CODES.overloaded, "too much was sent at once"),
    });
    this.#following = new Following(this.#line, {
      open,
      refuse: (error, frame) => this.#refuse(error, frame),
    });
    this.#producing = new Producing(this.#line, {
      clock,
      open,
      fence: (error) => this.#fence(error),
    });
    transport.onDrain(() => {
      this.#heardAt = clock.now(); // who reads is there
      this.#following.onDrain();
    });
    this.#cancelHello = clock.after(HELLO_TIMEOUT, () => {
      this.close(CLOSE_CODES.hello_timeout, `no hello within ${HELLO_TIMEOUT} ms`);
    });
  }

  /** Takes a message from the client. */
  receive(message: Wire): void {
    if (this.#line.isClosed) return;
    this.#heardAt = this.#host.clock.now();
    this.#inbox.receive(message);
  }

  #take(message: Wire): Handled {
    if (this.#line.isClosed) return undefined;
    let frame: Frame | undefined;
    try {
      frame = this.#line.decode(message);
    } catch (error) {
      this.#unreadable(error);
      return undefined;
    }
    if (!frame) return undefined;
    try {
      return this.#handle(frame)?.catch((error) => this.#refuse(error, frame));
    } catch (error) {
      this.#refuse(error, frame);
      return undefined;
    }
  }

  #unreadable(error: unknown): void {
    this.#refuse(error);
    this.#malformed += 1;
    const version = error instanceof DeltawireError && error.code === "unsupported_version";
    if (version && !this.#principal) {
      this.close(CLOSE_CODES.protocol_error, "no version in common");
    } else if (this.#malformed >= LIMITS.max_malformed_frames) {
      this.close(CLOSE_CODES.protocol_error, "too many malformed frames");
    }
  }

  /** Says what failed to who sent it; a defect of the server is told to both sides. */
  #refuse(error: unknown, frame?: Frame): void {
    const isDefect = !(error instanceof DeltawireError);
    if (isDefect) this.#host.report(error);
    const known = isDefect ? new DeltawireError("internal", "the server failed on this") : error;
    const { code, message, path } = known;
    const channel = known.channel ?? (frame && "channel" in frame ? frame.channel : undefined);
    const asks = frame?.type === "subscribe" || frame?.type === "history";
    this.#producing.acknowledge(); // what came before it was taken
    this.#line.send({
      type: "error",
      code,
      message,
      ...(channel !== undefined && { channel }),
      ...(asks && { request: frame.request }),
      ...(path !== undefined && { path }),
    });
  }

  #handle(frame: Frame): Handled {
    if (!this.#principal && frame.type !== "hello") {
      const what = `${frame.type} came before hello`;
      this.#refuse(new DeltawireError("unexpected_frame", what, { path: "/type" }), frame);
      this.close(CLOSE_CODES.protocol_error, what);
      return undefined;
    }
    switch (frame.type) {
      case "hello":
        return this.#greet(frame);
      case "subscribe":
        return this.#granted("subscribe", frame.channel, () => this.#following.subscribe(frame));
      case "unsubscribe":
        this.#following.unsubscribe(frame.channel);
        return undefined;
      case "history":
        this.#following.page(frame);
        return undefined;
      case "produce":
        return this.#granted("produce", frame.channel, () => this.#producing.produce(frame));
      case "changes":
        this.#producing.append(frame);
        return undefined;
      case "ping":
        this.#line.send({ ...frame, type: "pong" });
        return undefined;
      case "pong":
      case "error":
        return undefined;
      case "authenticate":
      case "command":
      case "command_result":
        throw unexpected(`${frame.type} is not served yet`);
      case "welcome":
      case "authenticated":
      case "history_page":
      case "subscribed":
      case "snapshot":
      case "producing":
      case "ack":
      case "checkpoint":
      case "goodbye":
        throw unexpected(`${frame.type} goes from server to client only`);
      default:
        return unreachable(frame);
    }
  }

  /** Does something once it is known that this client may; at once where that is known at once. */
  #granted(action: Action, channel: string, run: () => void): Handled {
    const principal = this.#principal ?? ANYBODY;
    const answer = this.#host.access?.authorize({ principal, channel, action }) ?? true;
    const settle = (isGranted: boolean) => {
      if (this.#line.isClosed) return;
      if (isGranted) return run();
      throw new DeltawireError("forbidden", `this client may not ${action} here`, { channel });
    };
    if (answer instanceof Promise) return answer.then(settle);
    settle(answer);
    return undefined;
  }

  #greet({ type, token }: HelloFrame): Handled {
    if (this.#principal) throw unexpected(`a second ${type}`);
    this.#cancelHello();
    const { principal, credentials = { headers: new Headers() } } = this.#options;
    const shown = token === undefined ? credentials : { ...credentials, token };
    const answer = principal ?? (this.#host.access ?? OPEN).authenticate(shown);
    if (answer instanceof Promise) return answer.then((known) => this.#welcome(known));
    this.#welcome(answer);
    return undefined;
  }

  #welcome(principal: Principal | undefined): void {
    if (this.#line.isClosed) return;
    if (!principal) {
      this.#refuse(new DeltawireError("unauthorized", "connect with a token that is valid"));
      this.close(CLOSE_CODES.unauthorized, "no valid token");
      return;
    }
    this.#principal = principal;
    const { heartbeat } = this.#options;
    const expires = this.#host.access?.expiresIn(principal);
    this.#line.send({
      type: "welcome",
      version: 1,
      durability: "memory",
      ...(heartbeat !== undefined && { heartbeat }),
      ...(expires !== undefined && { expires_in: expires }),
    });
  }

  /** A connection that nothing is left of is closed, with a code that says not to come back. */
  #fence(error: DeltawireError): void {
    this.#refuse(error);
    if (this.#following.size > 0 || this.#producing.isActive) return;
    this.close(CLOSE_CODES.superseded, error.message);
  }

  /** Asks a client that is silent whether it is there; false for one that did not answer. */
  isAlive(): boolean {
    const { heartbeat = Number.POSITIVE_INFINITY } = this.#options;
    const silence = this.#host.clock.now() - this.#heardAt;
    if (silence >= 2 * heartbeat) return false;
    if (silence >= heartbeat && this.#principal) this.#line.send({ type: "ping" });
    return true;
  }

  /** Says goodbye, and closes. */
  goodbye(reason: string, retryAfter: number): void {
    this.#producing.acknowledge();
    this.#line.send({ type: "goodbye", reason, retry_after: retryAfter });
    this.close(CLOSE_CODES.going_away, reason);
  }

  /** Closes the connection from this side. */
  close(code: number, reason: string): void {
    this.#line.close(code, reason);
  }

  /** The connection is gone. */
  end(): void {
    this.#line.end();
  }

  #onClose(): void {
    this.#cancelHello();
    this.#inbox.close();
    this.#following.end();
    this.#producing.end();
  }
}

/** A server that asks nobody who it is. */
const OPEN: Pick<Access, "authenticate"> = { authenticate: () => ANYBODY };

const unexpected = (what: string): DeltawireError =>
  new DeltawireError("unexpected_frame", what, { path: "/type" });
