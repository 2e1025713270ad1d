import { CLOSE_CODES, type DeltawireError, type Frame } from "@deltawire/spec";
import { absolute, type Connection, type ConnectionHost, failureOf, lossOf } from "./connection.js";
import { EventParser } from "./event-stream.js";
import { Heartbeat } from "./heartbeat.js";
import { HttpChannel } from "./http-channel.js";
import type { HttpExchange, HttpListener, HttpReply } from "./http-exchange.js";
import type { Platform } from "./platform.js";
import type { Loss } from "./reconnection.js";

const EVENT_STREAM = "text/event-stream";

/** Milliseconds that a request to write may take. */
const POST_TIMEOUT = 30_000;

/** How to reach a server over HTTP. */
export interface HttpSettings {
  /** Relative to the page, where there is one. */
  readonly url: string;
  readonly token: string | undefined;
}

/**
 * A connection that is none: streams of events and requests, for where WebSockets are blocked. What
 * one of them loses, all have lost, so that channels learn of it as they do with a WebSocket.
 */
export class HttpConnection implements Connection, HttpExchange {
  readonly #platform: Platform;
  readonly #host: ConnectionHost;
  readonly #url: string;
  readonly #channels = new Map<string, HttpChannel>();
  readonly #running = new Set<AbortController>();
  #token: string | undefined;
  #isWelcome = false;
  #isClosed = false;
  #cancelOpening: () => void = () => undefined;

  constructor({ url, token }: HttpSettings, platform: Platform, host: ConnectionHost) {
    this.#url = url;
    this.#token = token;
    this.#platform = platform;
    this.#host = host;
  }

  open(): void {
    this.#cancelOpening = this.#platform.clock.after(0, () => this.#host.opened());
  }

  send(frame: Frame): void {
    if (this.#isClosed) return;
    if (frame.type === "authenticate") {
      this.#token = frame.token;
      this.#host.opened(); // what is read is asked for with the new token
    }
    if (!("channel" in frame) || frame.type === "error") return;
    let channel = this.#channels.get(frame.channel);
    if (!channel) {
      channel = new HttpChannel(frame.channel, this);
      this.#channels.set(frame.channel, channel);
    }
    channel.send(frame);
    if (channel.isIdle) this.#channels.delete(frame.channel);
  }

  probe(): void {
    this.#host.opened(); // asking is the only way to find out
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelOpening();
    for (const request of this.#running) request.abort();
    this.#running.clear();
  }

  lost(loss: Loss): void {
    if (this.#isClosed) return;
    this.close();
    this.#host.lost(loss);
  }

  passed(
    direction: "sent" | "received",
    message: string,
    frame: Frame | undefined,
    error?: DeltawireError,
  ): void {
    if (!this.#isClosed) this.#host.passed(direction, message, frame, error);
  }

  receive(frame: Frame): void {
    if (this.#isClosed) return;
    if (frame.type === "welcome") {
      this.#isWelcome = true;
      this.#host.welcomed(frame.expires_in);
      return;
    }
    if (!this.#isWelcome) {
      this.#isWelcome = true;
      this.#host.welcomed(undefined);
    }
    this.#host.receive(frame);
  }

  listen(
    path: string,
    query: Readonly<Record<string, string>>,
    listener: HttpListener,
  ): () => void {
    const request = new AbortController();
    void this.#listen(request, this.#resolve(path, query), listener);
    return () => this.#stop(request);
  }

  async #listen(request: AbortController, url: string, listener: HttpListener): Promise<void> {
    this.#running.add(request);
    const isOver = () => !this.#running.has(request);
    const heartbeat = new Heartbeat({
      clock: this.#platform.clock,
      ask: () => undefined, // the server speaks by itself
      dead: () => isOver() || this.lost(lossOf(1006, "the server gives no sign of life")),
    });
    request.signal.addEventListener("abort", () => heartbeat.stop());
    heartbeat.start();
    try {
      const response = await this.#fetch(url, request, { headers: { accept: EVENT_STREAM } });
      if (isOver()) return;
      if (response.ok && response.body) {
        await this.#read(response.body, isOver, heartbeat, listener);
        if (!isOver()) this.lost(lossOf(1006, "a stream of events has ended"));
      } else {
        const { error } = (await this.#refusal(response)) ?? {};
        if (error && !isOver()) listener.refused(error);
        this.#stop(request);
      }
    } catch (error) {
      if (!isOver()) this.lost(failureOf(error));
    }
  }

  async #read(
    body: ReadableStream<Uint8Array>,
    isOver: () => boolean,
    heartbeat: Heartbeat,
    listener: HttpListener,
  ): Promise<void> {
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isOver()) return;
      heartbeat.heard();
      try {
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          if (!isOver()) listener.event(event);
        }
      } catch (error) {
        listener.unreadable(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async post(
    path: string,
    body: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<HttpReply | undefined> {
    if (this.#isClosed) return undefined;
    const request = new AbortController();
    this.#running.add(request);
    const cancel = this.#platform.clock.after(POST_TIMEOUT, () =>
      this.lost(lossOf(1006, `no answer within ${POST_TIMEOUT} ms`)),
    );
    request.signal.addEventListener("abort", cancel);
    try {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body };
      const response = await this.#fetch(this.#resolve(path, query), request, init);
      if (!response.ok) return await this.#refusal(response);
      const { frames }: { readonly frames?: unknown } = await response.json();
      return { frames: Array.isArray(frames) ? frames : [] };
    } catch (error) {
      if (this.#running.has(request)) this.lost(failureOf(error));
      return undefined;
    } finally {
      this.#stop(request);
    }
  }

  /** What was refused, and why; undefined where that concerns the whole connection. */
  async #refusal(response: Response): Promise<HttpReply | undefined> {
    const { status, headers } = response;
    const body: { readonly error?: unknown; readonly frames?: unknown } = await response
      .json()
      .catch(() => ({}));
    const { code, message }: { readonly code?: unknown; readonly message?: unknown } = Object(
      body.error,
    );
    const what = `${message ?? "the server cannot be reached over HTTP"} (status ${status})`;
    if (status === 401) this.lost(lossOf(CLOSE_CODES.unauthorized, what));
    else if (code === "going_away") {
      this.lost(lossOf(CLOSE_CODES.going_away, what, 1000 * Number(headers.get("retry-after"))));
    } else if (typeof code !== "string" || NOT_SERVED.includes(status)) {
      this.lost(lossOf(1006, what));
    } else {
      const frames = Array.isArray(body.frames) ? body.frames : [];
      return { frames, error: { code, message: String(message) } };
    }
    return undefined;
  }

  #fetch(url: string, request: AbortController, init: RequestInit): Promise<Response> {
    const token = this.#token;
    const headers = {
      ...init.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const { signal } = request;
    // Cookies go along, as they do with a WebSocket.
    const how = { cache: "no-store", credentials: "include" } as const;
    return this.#platform.fetch(url, { ...init, ...how, headers, signal });
  }

  #resolve(path: string, query: Readonly<Record<string, string>>): string {
    const url = new URL(absolute(this.#url).replace(/^ws/, "http"));
    url.pathname = url.pathname.replace(/\/$/, "") + path;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  #stop(request: AbortController): void {
    this.#running.delete(request);
    request.abort();
  }
}

/** Statuses of a server that has nothing there. */
const NOT_SERVED: readonly number[] = [404, 405];
