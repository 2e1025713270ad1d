import type { Wire } from "@deltawire/protocol";
import {
  CLOSE_CODES,
  DeltawireError,
  type Frame,
  type HelloFrame,
  LIMITS,
  type SubscribeFrame,
  unreachable,
} from "@deltawire/spec";
import type { Action, Principal } from "./access.js";
import { Authentication } from "./authentication.js";
import { Capabilities } from "./capabilities.js";
import { Commanding } from "./commanding.js";
import { ConnectionRecord } from "./connection-record.js";
import { errorFrame, knownOf } from "./error-frame.js";
import { Following } from "./following.js";
import type { Identity } from "./identity.js";
import { Inbox } from "./inbox.js";
import { Line } from "./line.js";
import { Producing } from "./producing.js";
import { reauthorize } from "./reauthorization.js";
import type { SessionHost, SessionOptions } from "./session-host.js";
import type { Transport } from "./transport.js";

/** What handling a frame comes to: nothing, or a promise for which the frames behind it wait. */
type Handled = undefined | Promise<void>;

/** One connection, on the server's side: what its frames mean, whatever carries them. */
export class Session {
  readonly #host: SessionHost;
  readonly #heartbeat: number;
  /** What this end and its client can do beyond the version. */
  readonly capabilities: Capabilities;
  readonly #line: Line;
  readonly #inbox: Inbox;
  readonly #following: Following;
  /** There once it writes, or commands: most connections only read. */
  #producing: Producing | undefined;
  #commanding: Commanding | undefined;
  readonly #authentication: Authentication;
  #malformed = 0;
  #heardAt: number;

  constructor(host: SessionHost, transport: Transport, options: SessionOptions) {
    const { clock } = host;
    const { credentials = { headers: new Headers() }, heartbeat, subprotocol } = options;
    this.#host = host;
    this.#heartbeat = heartbeat ?? Number.POSITIVE_INFINITY;
    this.#heardAt = clock.now();
    const who = () => (this.#identity.isKnown ? this.#identity.principal.id : undefined);
    const record = new ConnectionRecord(host, credentials.remoteAddress, who);
    this.#line = new Line(transport, subprotocol, record, () => this.#onClose());
    const reject = (error: DeltawireError | undefined, code: number) => this.#reject(error, code);
    const { durability } = host;
    const capabilities = (hello: HelloFrame) => this.capabilities.answer(hello);
    const authenticating = { line: this.#line, heartbeat, durability, reject, capabilities };
    this.#authentication = new Authentication(host, authenticating, credentials);
    this.#inbox = new Inbox({
      take: (message) => this.#take(message),
      transport,
      overflow: () => this.close(CLOSE_CODES.overloaded, "too much was sent at once"),
    });
    this.#following = new Following(this.#line, {
      channels: host,
      room: this.#identity,
      refuse: (error, frame) => this.#refuse(error, frame),
    });
    this.capabilities = new Capabilities(this.#following, options);
    transport.onDrain(() => {
      this.#heardAt = clock.now(); // who reads is there
      this.#following.onDrain();
    });
  }

  get #identity(): Identity {
    return this.#authentication.identity;
  }

  #produce(): Producing {
    this.#producing ??= new Producing(this.#line, {
      clock: this.#host.clock,
      channels: this.#host,
      room: this.#identity,
      fence: (error) => this.#fence(error),
      refuse: (error, channel) => this.#refuseLater(error, channel),
    });
    return this.#producing;
  }

  #command(): Commanding {
    this.#commanding ??= new Commanding(this.#line, this.#host);
    return this.#commanding;
  }

  /** Whether `hello` has come. */
  get isGreeted(): boolean {
    return this.#authentication.isGreeted;
  }

  /** Takes a message from the client. */
  receive(message: Wire): void {
    if (this.#line.isClosed) return;
    this.#heardAt = this.#host.clock.now();
    if (this.#authentication.spend(message.length)) this.#inbox.receive(message);
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
    if (version && !this.#identity.isKnown) {
      this.close(CLOSE_CODES.protocol_error, "no version in common");
    } else if (this.#malformed >= LIMITS.max_malformed_frames) {
      this.close(CLOSE_CODES.protocol_error, "too many malformed frames");
    }
  }

  /** Says what failed to who sent it; a defect of the server is told to both sides. */
  #refuse(error: unknown, frame?: Frame): void {
    if (!(error instanceof DeltawireError)) this.#host.report(error);
    this.#producing?.acknowledge(); // what came before it was taken
    const known = knownOf(error);
    if (frame?.type === "subscribe") this.#following.refused(frame.channel, known);
    if (frame?.type === "command") this.#command().refuse(frame, known);
    else this.#line.send(errorFrame(known, frame));
  }

  /** Something failed that was handed on: the frame that it was about is long gone. */
  #refuseLater(error: unknown, channel: string): void {
    if (this.#line.isClosed) return;
    const { code, message, path } = knownOf(error);
    if (!(error instanceof DeltawireError)) this.#host.report(error);
    this.#refuse(new DeltawireError(code, message, { channel, path }));
  }

  #handle(frame: Frame): Handled {
    if (!this.#identity.isKnown && frame.type !== "hello") {
      const what = `${frame.type} came before hello`;
      this.#refuse(unexpected(what), frame);
      this.close(CLOSE_CODES.protocol_error, what);
      return undefined;
    }
    switch (frame.type) {
      case "hello":
        return this.#greet(frame);
      case "subscribe":
        return this.#subscribe(frame);
      case "unsubscribe":
        this.#following.unsubscribe(frame.channel);
        return undefined;
      case "history":
        this.#following.page(frame);
        return undefined;
      case "produce":
        return this.#granted("produce", frame.channel, () => this.#produce().produce(frame));
      case "changes":
        return this.#produce().append(frame);
      case "ping":
        this.#line.send({ ...frame, type: "pong" });
        return undefined;
      case "pong":
      case "error":
        return undefined;
      case "command":
        return this.#granted("command", frame.channel, () => {
          this.#command().ask(frame, this.#identity.principal);
          return undefined;
        });
      case "command_result":
        this.#producing?.resolve(frame);
        return undefined;
      case "authenticate":
        return this.#authentication.renew(frame).then(() => this.reauthorize());
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

  #greet(frame: HelloFrame): Handled {
    const greeted = this.#authentication.greet(frame);
    this.capabilities.greet(frame);
    return greeted;
  }

  /** Does something once it is known that this client may; at once where that is known at once. */
  #granted(action: Action, channel: string, run: () => Handled): Handled {
    const answer = this.#identity.may(action, channel);
    const settle = (isGranted: boolean): Handled => {
      if (this.#line.isClosed) return undefined;
      if (isGranted) return this.#loaded(channel, run);
      throw new DeltawireError("forbidden", `this client may not ${action} here`, { channel });
    };
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  }

  /** Does something once the channel is there; at once where it is in memory. */
  #loaded(channel: string, run: () => Handled): Handled {
    const loading = this.#host.load?.(channel);
    if (!loading) return run();
    return loading.then(() => (this.#line.isClosed ? undefined : run()));
  }

  #subscribe(frame: SubscribeFrame): Handled {
    const { channel } = frame;
    this.#following.asked(channel);
    if (this.#following.has(channel)) return this.#following.subscribe(frame); // to be repaired
    return this.#granted("subscribe", channel, () => this.#following.subscribe(frame));
  }

  /** Asks again whether this client may do what it does, as the one that it is. */
  async reauthorize(
    isMeant: (principal: Principal, channel: string) => boolean = () => true,
  ): Promise<void> {
    if (!this.#identity.isKnown) return;
    const activity = {
      identity: this.#identity,
      following: this.#following,
      producing: this.#producing,
      refuse: (error: DeltawireError) => this.#refuse(error),
    };
    await reauthorize(activity, (channel) => isMeant(this.#identity.principal, channel));
  }

  #reject(error: DeltawireError | undefined, code: number): void {
    if (error) this.#refuse(error);
    this.close(code, error?.message ?? "no hello in time");
  }

  /** A connection that nothing is left of is closed, with a code that says not to come back. */
  #fence(error: DeltawireError): void {
    this.#refuse(error);
    if (this.#following.isUsed || this.#producing?.isActive) return;
    this.close(CLOSE_CODES.superseded, error.message);
  }

  /** Asks a client that is silent whether it is there; false for one that did not answer. */
  isAlive(): boolean {
    const silence = this.#host.clock.now() - this.#heardAt;
    if (silence >= 2 * this.#heartbeat) return false;
    if (silence >= this.#heartbeat && this.#identity.isKnown) this.#line.send({ type: "ping" });
    return true;
  }

  /** Says goodbye, and closes. */
  goodbye(reason: string, retryAfter: number): void {
    this.#producing?.acknowledge();
    this.#line.send({ type: "goodbye", reason, retry_after: retryAfter });
    this.close(CLOSE_CODES.going_away, reason);
  }

  /** Closes the connection from this side. */
  close(code: number, reason: string): void {
    this.#line.close(code, reason);
  }

  /** The connection is gone, by a close code if it had one. */
  end(code?: number): void {
    this.#line.end(code);
  }

  #onClose(): void {
    this.#inbox.close();
    this.#following.end();
    this.#producing?.end();
    this.#commanding?.end();
    this.#authentication.end(); // last: what its client has used is free again
  }
}

const unexpected = (what: string): DeltawireError =>
  new DeltawireError("unexpected_frame", what, { path: "/type" });
