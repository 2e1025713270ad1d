import type { ChangesFrame, Frame } from "@deltawire/spec";
import { Access, type AccessOptions, type Principal } from "../access.js";
import { channelInMemory } from "../channel-in-memory.js";
import { Entrance } from "../entrance.js";
import type { HostedChannel } from "../hosted-channel.js";
import { HttpEndpoint } from "../http.js";
import { type Quotas, RateLimits } from "../rate-limit.js";
import { Statistics } from "../statistics.js";
import { atOnce } from "./at-once.js";
import { FakeClock } from "./fake-clock.js";

const QUOTAS: Quotas = {
  connections: 100,
  connectionsPerPrincipal: 50,
  framesPerSecond: 1000,
  bytesPerSecond: 1 << 20,
};

/** What a {@link HttpServer} may be given. */
export interface HttpServerOptions extends Pick<AccessOptions, "authenticate" | "authorize"> {
  readonly quotas?: Partial<Quotas>;
  readonly origins?: readonly string[];
}

/** A server of channels over HTTP, without a socket, under a fake clock. */
export class HttpServer {
  readonly clock: FakeClock = new FakeClock();
  readonly channels: Map<string, HostedChannel> = new Map();
  readonly defects: unknown[] = [];
  readonly warnings: string[] = [];
  readonly limits: RateLimits;
  /** Of its connections. */
  readonly statistics: Statistics;
  readonly access: Access;
  readonly endpoint: HttpEndpoint;

  constructor(options: HttpServerOptions = {}) {
    const { clock } = this;
    const report = (defect: unknown) => this.defects.push(defect);
    this.statistics = new Statistics({ now: () => clock.now(), afterWrites: (run) => run() });
    this.limits = new RateLimits({ ...QUOTAS, ...options.quotas });
    this.access = new Access({ ...options, clock, report, time: () => clock.now() });
    const host = {
      clock,
      access: this.access,
      limits: this.limits,
      statistics: this.statistics,
      report,
      open: (name: string) => this.channel(name),
      warn: (what: string) => this.warnings.push(what),
    };
    const entrance = new Entrance(this.access, options.origins ?? [], host.warn);
    this.endpoint = new HttpEndpoint(host, { path: "/wire", entrance });
  }

  channel(name = "c"): HostedChannel {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = channelInMemory(name, "e", { clock: this.clock, onCompleted: () => undefined });
      this.channels.set(name, channel);
    }
    return channel;
  }

  /** Requests a path below /wire, of this machine. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return this.endpoint.fetch(new Request(`http://localhost/wire${path}`, init));
  }

  /** Posts to channel "c", or another one; returns status and body. */
  async post(
    body: unknown,
    channel = "c",
    init: RequestInit = {},
  ): Promise<{ readonly status: number; readonly frames: Frame[] }> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await this.fetch(`/channels/${channel}`, {
      ...init,
      method: "POST",
      body: text,
    });
    return { status: answer.status, ...(await answer.json()) };
  }

  /** Opens a stream of events. @param onRead called with how many bytes were read */
  async events(
    path = "/channels/c/events",
    init: RequestInit = {},
    onRead: (bytes: number) => void = () => undefined,
  ): Promise<TestEvents> {
    return new TestEvents(await this.fetch(path, init), onRead);
  }

  /** Appends to channel "c", or another one, as a producer in this process. */
  writer(channel = "c"): (...frames: ChangesFrame[]) => void {
    const hosted = this.channel(channel);
    const { token } = atOnce(hosted.attach("w", { fence() {}, lose() {} }));
    return (...frames) => {
      for (const frame of frames) atOnce(hosted.append("w", token, { ...frame, channel }));
    };
  }
}

/** One event, as the parser of EventSource (WHATWG HTML, 9.2.6) dispatches it. */
export interface TestEvent {
  readonly type: string;
  readonly data: string;
  /** The last id until then. */
  readonly id: string;
}

/** A reader of events that reads when a test says so. */
export class TestEvents {
  readonly response: Response;
  retry: number | undefined;
  comments = 0;
  hasEnded = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #onRead: (bytes: number) => void;
  #rest = "";
  #id = "";

  constructor(response: Response, onRead: (bytes: number) => void = () => undefined) {
    this.response = response;
    this.#onRead = onRead;
    const body = response.body ?? new ReadableStream<Uint8Array>();
    this.#reader = body.getReader();
  }

  /** The next event, whenever it comes; undefined at the end. */
  async next(): Promise<TestEvent | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        const event = this.#parse(block);
        if (event) return event;
        continue;
      }
      const { done, value } = await this.#reader.read();
      this.hasEnded = done;
      if (done) return undefined;
      this.#onRead(value.length);
      this.#rest += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The frame of the next event. */
  async frame(): Promise<Frame> {
    const event = await this.next();
    if (event?.type !== "message") throw new Error(`no frame: ${JSON.stringify(event)}`);
    return JSON.parse(event.data);
  }

  /** The frames of this many events. */
  async frames(count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) frames.push(await this.frame());
    return frames;
  }

  /** What is left until it ends. */
  async rest(): Promise<TestEvent[]> {
    const events: TestEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) events.push(event);
    return events;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  #parse(block: string): TestEvent | undefined {
    let type = "message";
    const data: string[] = [];
    for (const line of block.split("\n")) {
      const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (line.startsWith(":")) this.comments += 1;
      else if (field === "event") type = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.#id = value;
      else if (field === "retry") this.retry = Number(value);
    }
    return data.length === 0 ? undefined : { type, data: data.join("\n"), id: this.#id };
  }
}

/** An application that knows people by name: the token is the name. */
export function byName(
  ...observers: string[]
): (credentials: { readonly token?: string }) => Principal | undefined {
  return ({ token }) => {
    if (token === undefined || token === "nobody") return undefined;
    return { id: token, ...(observers.includes(token) && { role: "observer" }) };
  };
}
