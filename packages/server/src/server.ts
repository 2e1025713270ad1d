import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { DeltawireError } from "@deltawire/spec";
import { Access, type Principal } from "./access.js";
import { Admin } from "./admin.js";
import { ChannelRules } from "./channel-rules.js";
import { systemClock } from "./clock.js";
import type { CompletedEvent } from "./completion-worker.js";
import { Endpoint } from "./endpoint.js";
import { filterOf } from "./filter-input.js";
import type { HistoryOptions, HistoryPage } from "./history-page.js";
import type { HostedChannel } from "./hosted-channel.js";
import { HostedChannels, randomId } from "./hosted-channels.js";
import type { HttpHost } from "./http.js";
import { problem } from "./http-answer.js";
import type { Logger } from "./logger.js";
import { isLoopback } from "./loopback.js";
import { guarded, nothingBut, settled } from "./node-http.js";
import { RateLimits } from "./rate-limit.js";
import { Reachability } from "./reachability.js";
import { retrySpread } from "./retry-spread.js";
import { ServerChannel } from "./server-channel.js";
import type { ServerChannelOptions } from "./server-channel-host.js";
import {
  type AttachOptions,
  boundsOf,
  DEFAULT_PATH,
  type FetchOptions,
  type ListenAddress,
  type ListenOptions,
  type ServerOptions,
} from "./server-options.js";
import { Statistics } from "./statistics.js";
import { filterKey } from "./views.js";

/** What a server tells its application. */
export interface ServerEvents {
  /**
   * A message has ended well, failed or was cancelled; it does not change in its generation. With
   * `data` listeners are called at least once, on one server at a time, after the store has the
   * message; one that returns a promise that rejects is called again. The event's `key` makes it one.
   */
  readonly message_completed: CompletedEvent;
  /**
   * Something failed that is no mistake of a client: a defect of the server, or a listener that
   * threw. Everything else goes on. Where nobody listens or logs it is a warning of the process.
   */
  readonly error: { readonly error: unknown };
}

/** What it returns is waited for where it matters, see {@link ServerEvents.message_completed}. */
type Listener<Name extends keyof ServerEvents> = (event: ServerEvents[Name]) => unknown;

/**
 * A Deltawire server: orders what producers write, and brings it to everyone who reads. Made by
 * {@link createServer}.
 */
export class Server {
  readonly #channels: HostedChannels;
  readonly #local = new Map<string, ServerChannel>();
  /** Where clients come in, and whether values may be compact there. */
  readonly #endpoints = new Map<Endpoint, boolean>();
  #compact = true;
  /** Those of {@link fetch}, by what it was told. */
  readonly #fetching = new Map<string, Endpoint>();
  readonly #listening = new Set<HttpServer>();
  readonly #listeners: { readonly [Name in keyof ServerEvents]: Set<Listener<Name>> } = {
    message_completed: new Set(),
    error: new Set(),
  };
  readonly #host: HttpHost;
  readonly #logger: Logger | undefined;
  readonly #statistics = new Statistics({
    now: () => systemClock.now(),
    afterWrites: (run) => process.nextTick(run), // sockets are written to in ticks asked for before
  });
  readonly #admin: Admin;
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions = {}) {
    const { authenticate, authorize, limits, data, channels, logger } = options;
    const bounds = boundsOf(limits);
    const clock = systemClock;
    const report = (error: unknown) => this.#report(error);
    const statistics = this.#statistics;
    this.#logger = logger;
    const reachability = new Reachability(logger);
    this.#channels = new HostedChannels({
      clock,
      statistics,
      times: bounds,
      data,
      rules: new ChannelRules(channels),
      listeners: this.#listeners.message_completed,
      report,
      reached: (part, error) => reachability.reached(part, error),
    });
    this.#host = {
      clock,
      report,
      open: (channel) => this.#open(channel),
      load: (channel) => this.#load(channel),
      durability: this.#channels.durability,
      access: new Access({ authenticate, authorize, clock, report }),
      limits: new RateLimits(bounds),
      warn: (what) => process.emitWarning(what),
      statistics,
      ...(logger && { logger }),
    };
    clock.after(0, () => this.#channels.start()); // whoever listens does by then
    const isClosing = () => this.#closing !== undefined;
    this.#admin = new Admin({
      statistics,
      report,
      gauges: () => this.#channels.gauges(),
      get unreachable() {
        return reachability.unreachable;
      },
      get isClosing() {
        return isClosing();
      },
    });
  }

  /**
   * A channel, to read and write in this process. `options` count the first time, but `filter`: what
   * one filter shows is another object than what another one does, for as long as the server is there.
   *
   * @throws DeltawireError `limit_exceeded` for what is no name, and what is wrong with a filter
   */
  channel(name: string, options: ServerChannelOptions = {}): ServerChannel {
    const key = JSON.stringify([name, options.filter && filterKey(options.filter)]);
    let channel = this.#local.get(key);
    if (!channel) {
      this.#requireOpen();
      const open = () => {
        this.#requireOpen();
        return this.#channels.get(name);
      };
      const ended = () => this.#local.delete(key);
      const host = { clock: this.#host.clock, producer: randomId(), open, ended };
      const filter = filterOf(options.filter);
      channel = new ServerChannel(name, host, { ...options, ...(filter && { filter }) });
      this.#local.set(key, channel);
    }
    return channel;
  }

  /**
   * Messages of a channel, the last ones, or those before a place: from the store where there is
   * one, which is a moment behind, and without loading the channel.
   *
   * @throws by rejection: DeltawireError `closed`, and what the store throws
   */
  history(channel: string, options: HistoryOptions = {}): Promise<HistoryPage> {
    this.#requireOpen();
    return this.#channels.history(channel, options);
  }

  /** Calls back after something has happened; returns what stops it. */
  on<Name extends keyof ServerEvents>(event: Name, listener: Listener<Name>): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  /**
   * Listens on a port of its own, for WebSockets and for requests.
   *
   * @throws by rejection: the system's error where the port cannot be had, DeltawireError
   *   `forbidden` where anybody could come in from anywhere, and `closed` after {@link close}
   */
  async listen(options: ListenOptions = {}): Promise<ListenAddress> {
    const { port = 4680, host = "127.0.0.1", path = DEFAULT_PATH } = options;
    if (this.#host.access.isOpen && !isLoopback(host)) {
      const what = `on ${host} anybody could connect: give createServer an authenticate`;
      throw new DeltawireError("forbidden", `${what}, or listen on 127.0.0.1`);
    }
    const { handler = nothingBut(path) } = options;
    const http = createHttpServer(guarded(handler, this.#host.report));
    const endpoint = this.#attach(http, options);
    this.#listening.add(http);
    try {
      http.listen(port, host);
      await settled(http);
      this.#requireOpen();
    } catch (error) {
      this.#listening.delete(http);
      this.#endpoints.delete(endpoint);
      throw error;
    }
    http.on("error", (error) => this.#report(error)); // no descriptor for a connection, say
    const address = http.address();
    const bound = typeof address === "object" && address ? address.port : port;
    const authority = `${host.includes(":") ? `[${host}]` : host}:${bound}`;
    const listening = { url: `ws://${authority}${path}`, origin: `http://${authority}` };
    if (!options.admin) return listening;
    return { ...listening, adminUrl: await this.#admin.listen(options.admin) };
  }

  /**
   * Takes connections and requests of an HTTP server that is there already, at a path and below it.
   * Everything else stays with whoever is there. Without `authenticate` whoever is not on this
   * machine is refused.
   *
   * @throws DeltawireError `closed` after {@link close}, TypeError where an origin is none
   */
  attach(http: HttpServer, options: AttachOptions = {}): void {
    this.#attach(http, options);
  }

  #attach(http: HttpServer, options: AttachOptions): Endpoint {
    const endpoint = this.#endpoint(options);
    endpoint.attach(http);
    return endpoint;
  }

  #endpoint({
    path = DEFAULT_PATH,
    origins = [],
    heartbeat,
    compression = true,
    compact = true,
  }: AttachOptions): Endpoint {
    this.#requireOpen();
    const wire = { compression, compact: compact && this.#compact };
    const endpoint = new Endpoint(this.#host, { path, origins, heartbeat, ...wire });
    this.#endpoints.set(endpoint, compact);
    return endpoint;
  }

  /**
   * Answers a request (WHATWG Fetch) for what is below the path, wherever it came in: Hono, Next.js,
   * Bun, a worker. Reading, events and writing go by requests; a WebSocket needs {@link attach}.
   *
   * @throws by rejection: TypeError where an origin is none
   */
  async fetch(request: Request, options: FetchOptions = {}): Promise<Response> {
    if (this.#closing) return problem(new DeltawireError("going_away", "the server is closing"));
    const { remoteAddress, ...place } = options;
    const key = JSON.stringify(place);
    let endpoint = this.#fetching.get(key);
    if (!endpoint) {
      endpoint = this.#endpoint(place);
      this.#fetching.set(key, endpoint);
    }
    return endpoint.fetch(request, remoteAddress);
  }

  /**
   * Whether values are compact, with clients that know that, wherever an endpoint allows it: names of
   * JSON members go as numbers, and times as timestamps. To turn it off, or on again, takes effect at
   * once for what is sent; for what clients write, with their next connection. @default true
   */
  get compact(): boolean {
    return this.#compact;
  }

  set compact(value: boolean) {
    this.#compact = value;
    for (const [endpoint, allows] of this.#endpoints) endpoint.compact = value && allows;
  }

  /**
   * Asks `authorize` again about everything that is going on: of one principal, in one channel, or
   * all of it. What is not allowed any more ends with an error `forbidden`, at its client, and
   * everything else goes on. Call it after rights have changed; a renewed token does so by itself.
   */
  async reauthorize(
    of: { readonly principal?: string; readonly channel?: string } = {},
  ): Promise<void> {
    const { principal, channel } = of;
    const isMeant = ({ id }: Principal, name: string) =>
      (principal === undefined || principal === id) && (channel === undefined || channel === name);
    await Promise.all([...this.#endpoints.keys()].map((endpoint) => endpoint.reauthorize(isMeant)));
  }

  /**
   * Answers an operator's request: `GET /health`, `GET /stats`, `POST /stats/reset` and
   * `GET /metrics` in the text format of Prometheus. Nothing of it is where clients come in: mount it
   * where only operators do, or have it listen on a port of its own (`listen({ admin: {} })`).
   */
  admin(request: Request): Promise<Response> {
    return this.#admin.fetch(request);
  }

  /**
   * Deletes a channel: its log, what the store has of it, and what is shown of it anywhere. What is
   * written to its name later is another channel. Where it rejects it may be deleted in part: ask
   * again.
   *
   * @throws by rejection: DeltawireError `closed`, and what log and store throw
   */
  async delete(channel: string): Promise<void> {
    this.#requireOpen();
    for (const [key, { name }] of this.#local) if (name === channel) this.#local.delete(key);
    await this.#channels.delete(channel);
  }

  /**
   * Sends what is pending, says goodbye to every client, brings what is not saved to the store (for
   * 10 s at most), leaves its channels to other servers, and stops. Resolves once every connection is
   * closed; HTTP servers that were attached stay open.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const reason = "the server is closing";
    const stopped = [...this.#listening].map(
      (http) => new Promise<void>((resolve) => http.close(() => resolve())),
    );
    const goingAway = ({ name }: ServerChannel) =>
      new DeltawireError("going_away", reason, { channel: name });
    const local = [...this.#local.values()];
    await Promise.all(local.map((channel) => channel.close(goingAway(channel))));
    const endpoints = [...this.#endpoints.keys()];
    const spread = retrySpread(endpoints.reduce((sum, { size }) => sum + size, 0));
    await Promise.all(endpoints.map((endpoint) => endpoint.close(reason, spread)));
    await this.#channels.close();
    for (const http of this.#listening) http.closeAllConnections();
    await Promise.all([...stopped, this.#admin.close()]);
  }

  #requireOpen(): void {
    if (this.#closing) throw new DeltawireError("closed", "the server was closed; make another");
  }

  #load(channel: string): Promise<void> | undefined {
    this.#requireOpen();
    return this.#channels.load(channel);
  }

  #open(channel: string): HostedChannel {
    this.#requireOpen();
    return this.#channels.open(channel);
  }

  #report(error: unknown): void {
    const { size } = this.#listeners.error;
    this.#logger?.error({ err: error }, "a defect");
    if (size === 0 && !this.#logger)
      process.emitWarning(error instanceof Error ? error : String(error));
    for (const listener of this.#listeners.error) listener({ error });
  }
}

/**
 * A server. Without `data` it holds everything in memory; without `authenticate` it takes anybody on
 * this machine, and nobody else.
 *
 * @throws RangeError where a limit is not greater than 0, or a number of a rule or of `data.retention`
 *   is out of its range
 */
export function createServer(options: ServerOptions = {}): Server {
  return new Server(options);
}
