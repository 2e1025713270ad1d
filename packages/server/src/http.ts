import type { Clock } from "@deltawire/encoder";
import { DeltawireError, type Frame, type WelcomeFrame } from "@deltawire/spec";
import type { Access, Action, Principal } from "./access.js";
import { noteRefusal, type RecordHost } from "./connection-record.js";
import type { Entrance } from "./entrance.js";
import { encodeFrame } from "./event-stream.js";
import type { HostedChannel } from "./hosted-channel.js";
import { json, problem, text } from "./http-answer.js";
import { pacedBody, readBody } from "./http-body.js";
import { HttpEvents } from "./http-events.js";
import { HttpGuard, type Visit } from "./http-guard.js";
import { whenMade } from "./http-made.js";
import { parsePost } from "./http-post.js";
import { HttpProducers } from "./http-producers.js";
import { Query } from "./http-query.js";
import { readChannel } from "./http-read.js";
import type { Version } from "./http-version.js";
import { HttpWrite } from "./http-write.js";
import type { RateLimits } from "./rate-limit.js";

/** Characters of a URL: room for the longest names, each character percent-encoded. */
const MAX_URL = 8192;

/** Seconds for which a browser need not ask again whether it may ask. */
const PREFLIGHT_AGE = 600;

/** What HTTP needs of its server. */
export interface HttpHost extends RecordHost {
  readonly clock: Clock;
  readonly access: Access;
  readonly limits: RateLimits;
  /** The channel of a name. @throws DeltawireError */
  open(channel: string): HostedChannel;
  /** See `ChannelHost.load`. */
  load?(channel: string): Promise<void> | undefined;
  readonly durability?: WelcomeFrame["durability"];
  report(defect: unknown): void;
  /** Says something that whoever runs the server should know. */
  warn(what: string): void;
}

/** Who sent a request, where the platform knows. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
}

/** Where an endpoint is, and who may come in. */
export interface HttpOptions {
  readonly path: string;
  readonly entrance: Entrance;
}

/** A request that was let in. */
interface Admitted extends Visit {
  readonly request: Request;
  readonly query: Query;
}

/** Why an endpoint is closed, and milliseconds over which its clients come back. */
interface Farewell {
  readonly reason: string;
  readonly spread: number;
}

type Handler = (admitted: Admitted, channel: string) => Promise<Response>;

/** What a path is: a channel, and what can be done there. */
interface Place {
  readonly channel: string;
  readonly GET?: Handler;
  readonly POST?: Handler;
}

/**
 * Channels over HTTP: read as JSON and as server-sent events, written by POST. It uses what the web
 * platform has and nothing else. Each request stands for itself. PROTOCOL.md, "HTTP".
 */
export class HttpEndpoint {
  readonly #host: HttpHost;
  readonly #base: string;
  readonly #entrance: Entrance;
  readonly #guard: HttpGuard;
  readonly #producers = new HttpProducers();
  readonly #events: HttpEvents;
  /** Set once it is closed. */
  #gone: Farewell | undefined;

  constructor(host: HttpHost, { path, entrance }: HttpOptions) {
    this.#host = host;
    this.#base = path.replace(/\/+$/, "");
    this.#guard = new HttpGuard(host);
    this.#entrance = entrance;
    this.#events = new HttpEvents({ ...host, producers: this.#producers });
  }

  /** Whether a path is one of this endpoint. */
  owns(path: string): boolean {
    return path === this.#base || path.startsWith(`${this.#base}/`);
  }

  /** Answers a request; it never rejects. */
  async fetch(request: Request, peer: Peer = {}): Promise<Response> {
    const { headers } = request;
    const url = new URL(request.url);
    const host = headers.get("host") ?? url.host;
    const refused = this.#entrance.refusal({ headers, host, ...peer });
    if (refused) return this.#refuse(refused, peer);
    const response = await this.#answer(request, url, peer).catch((error: unknown) => {
      if (error instanceof DeltawireError) return this.#refuse(error, peer);
      this.#host.report(error);
      return this.#refuse(new DeltawireError("internal", "the server failed on this"), peer);
    });
    return forPages(response, headers.get("origin"));
  }

  #refuse(error: DeltawireError, { remoteAddress }: Peer): Response {
    noteRefusal(this.#host, error, remoteAddress);
    return problem(error);
  }

  async #answer(request: Request, url: URL, peer: Peer): Promise<Response> {
    if (request.url.length > MAX_URL) {
      const what = `a URL has ${MAX_URL} characters at most`;
      return problem(new DeltawireError("limit_exceeded", what), { status: 414 });
    }
    const { pathname } = url;
    const place = this.owns(pathname) && this.#place(pathname.slice(this.#base.length));
    if (!place) return this.#notFound(pathname);
    const methods = (["GET", "POST"] as const).filter((method) => place[method]);
    if (request.method === "OPTIONS") return preflight(methods);
    const handle = methods.includes(request.method as "GET") && place[request.method as "GET"];
    if (!handle) {
      const error = new DeltawireError("malformed", `this path takes ${methods.join(" and ")}`);
      return problem(error, {
        status: 405,
        headers: { allow: [...methods, "OPTIONS"].join(", ") },
      });
    }
    if (this.#gone) return goingAway(this.#gone);
    const query = new Query(url.searchParams);
    const ticket = handle === this.#readEvents ? query.text("ticket") : undefined;
    return this.#guard.admit(
      () => this.#guard.whoIs(request, ticket, peer.remoteAddress),
      (visit) => handle({ ...visit, request, query }, place.channel),
    );
  }

  #place(path: string): Place | undefined {
    const [, what, name = "", leaf, ...more] = path.split("/");
    if (path === "/tickets") return { channel: "", POST: this.#issueTicket };
    const channel = decoded(name);
    if (what !== "channels" || !channel || more.length > 0) return undefined;
    if (leaf === "events") return { channel, GET: this.#readEvents };
    if (leaf !== undefined) return undefined;
    return { channel, GET: this.#read, POST: this.#write };
  }

  #notFound(path: string): Response {
    const base = this.#base;
    const what = `there are ${base}/channels/{name}, its /events, and ${base}/tickets`;
    const error = new DeltawireError("malformed", `no such path; ${what}`);
    if (path.replace(/\/$/, "") !== base) return problem(error, { status: 404 });
    const upgrade = new DeltawireError(
      "malformed",
      `connect a WebSocket to ${path}; by HTTP ${what}`,
    );
    return problem(upgrade, { status: 426, headers: { upgrade: "websocket" } });
  }

  /** @param version that the client has: it may be ahead of this server */
  async #open(name: string, version?: Version): Promise<HostedChannel> {
    await this.#host.load?.(name);
    const channel = this.#host.open(name);
    await channel.reach(version?.epoch, version?.seq);
    return channel;
  }

  readonly #read: Handler = async ({ request, query, principal, leave }, name) => {
    const { clock } = this.#host;
    const guard = this.#guard;
    await guard.require(principal, name, ["subscribe"]);
    const since = query.version("since");
    const channel = await this.#open(name, since);
    const { signal, headers } = request;
    const patience = guard.patience(principal, query.waitForAll);
    if (await whenMade({ channel, since, wait: patience, signal, clock }))
      await guard.require(principal, name, ["subscribe"]);
    return readChannel({
      ...{ channel, principal, query, signal, clock },
      ifNoneMatch: headers.get("if-none-match"),
      wait: guard.patience(principal, query.wait),
      goOn: () => guard.require(principal, name, ["subscribe"]),
      onEnd: leave,
    });
  };

  readonly #readEvents: Handler = async ({ request, query, principal, leave }, name) => {
    const produces = query.text("producer") !== undefined;
    const follows = query.text("follow") !== "0" || !produces; // nothing at all takes a right, too
    const actions: Action[] = follows ? ["subscribe"] : [];
    if (produces) actions.push("produce");
    await this.#guard.require(principal, name, actions);
    return this.#events.open({
      channel: await this.#open(name),
      principal,
      query,
      lastEventId: request.headers.get("last-event-id"),
      onEnd: leave,
    });
  };

  readonly #write: Handler = async ({ request, query, principal, spend, leave }, name) => {
    const { clock, report } = this.#host;
    const body = await readBody(request, clock);
    const post = parsePost(body, name);
    const wait = this.#guard.patience(principal, query.wait);
    spend(post.frames.length, body.length);
    await this.#guard.require(principal, name, post.actions);
    const channel = await this.#open(name);
    const write = new HttpWrite({ channel, principal, producers: this.#producers, clock, report });
    await write.handle(post);
    try {
      await write.settled(post, wait, request.signal);
      if (wait > 0) await this.#guard.require(principal, name, post.actions);
    } catch (error) {
      write.end();
      throw error;
    }
    return answerOf(write.end(), clock, leave);
  };

  readonly #issueTicket: Handler = async ({ principal, leave }) => {
    const issued = this.#guard.issueTicket(principal);
    leave();
    return json(issued, 201);
  };

  /** Asks again whether those who read events may; those who wait are asked when they end. */
  reauthorize(isMeant: (principal: Principal, channel: string) => boolean): Promise<void> {
    this.#guard.forgetAnswers();
    return this.#events.reauthorize(isMeant);
  }

  /** How many read events. */
  get size(): number {
    return this.#events.size;
  }

  /**
   * Says goodbye to those who read events, and sends whoever asks later to the next server.
   *
   * @param spread milliseconds over which they are told to come back
   */
  close(reason: string, spread: number): void {
    this.#gone = { reason, spread };
    this.#events.close(reason, spread);
  }
}

function goingAway({ reason, spread }: Farewell): Response {
  const retryAfter = (Math.random() * spread) / 1000;
  return problem(new DeltawireError("going_away", reason), { retryAfter });
}

/** All of the answer's frames; where nothing was taken, the first error is the request's. */
function answerOf(frames: readonly Frame[], clock: Clock, onEnd: () => void): Response {
  const [first] = frames;
  const isRefused = frames.every(({ type }) => type === "error");
  if (first?.type === "error" && isRefused) {
    onEnd();
    return problem(first, { frames });
  }
  return text(pacedBody(`{"frames":[${frames.map(encodeFrame).join(",")}]}`, clock, onEnd));
}

function preflight(methods: readonly string[]): Response {
  const headers = {
    allow: [...methods, "OPTIONS"].join(", "),
    "access-control-allow-methods": methods.join(", "),
    "access-control-allow-headers": "authorization, content-type, if-none-match, last-event-id",
    "access-control-max-age": String(PREFLIGHT_AGE),
  };
  return new Response(null, { status: 204, headers });
}

/** An answer as a page may read it, if it is of an origin that was let in; and nobody else's page. */
function forPages(response: Response, origin: string | null): Response {
  const { headers } = response;
  headers.set("x-content-type-options", "nosniff");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.append("vary", "Origin, Authorization, Cookie");
  if (origin === null) return response;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-allow-credentials", "true");
  headers.set("access-control-expose-headers", "ETag, Retry-After");
  return response;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
