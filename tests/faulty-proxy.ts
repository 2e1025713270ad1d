import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What becomes of a connection. */
export type Fault =
  /** Nothing. */
  | { readonly is: "none" }
  /** Both sides are reset once so many bytes have passed, in the middle of whatever it is. */
  | { readonly is: "cut"; readonly after: number }
  /** From there on nothing passes any more, and neither side hears of it. */
  | { readonly is: "silence"; readonly after: number }
  /** What passes waits, in milliseconds. */
  | { readonly is: "delay"; readonly by: number; readonly after: number }
  /** What passes in a millisecond, in bytes at most. */
  | { readonly is: "throttle"; readonly rate: number; readonly after: number };

/** A whole number from 0 to below a bound; from a seed, so that a run can be repeated. */
export type Random = (below: number) => number;

/** Numbers from a seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A TCP proxy that does to each connection what it is told. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  /** How often which fault has happened. */
  readonly counts = { none: 0, cut: 0, silence: 0, delay: 0, throttle: 0 };

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port of this machine, in front of another port. */
  static async start(
    port: () => number,
    faultOf: () => Fault,
    onDown: (bytes: number) => void = () => undefined,
  ): Promise<FaultyProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new FaultyProxy(server);
    server.on("connection", (client) => {
      const fault = faultOf();
      proxy.counts[fault.is] += 1;
      const upstream = connect({ port: port(), host: "127.0.0.1" });
      upstream.on("data", ({ length }: Buffer) => onDown(length));
      const link = new Link(client, upstream, fault);
      proxy.#links.add(link);
      link.onEnd = () => proxy.#links.delete(link);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // a TCP server has no other address
  }

  get open(): number {
    return this.#links.size;
  }

  /** From now on nothing passes on the connections that are there, and nobody hears of it. */
  silence(): void {
    for (const link of this.#links) link.silence();
  }

  /** Resets every connection. */
  cut(): void {
    for (const link of [...this.#links]) link.end();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }
}

/** A connection of a client, and its other half to the server. */
class Link {
  readonly #client: Socket;
  readonly #upstream: Socket;
  #fault: Fault;
  #passed = 0;
  #ended = false;
  onEnd: () => void = () => undefined;

  constructor(client: Socket, upstream: Socket, fault: Fault) {
    this.#client = client;
    this.#upstream = upstream;
    this.#fault = fault;
    this.#pump(client, upstream).catch(() => this.end());
    this.#pump(upstream, client).catch(() => this.end());
    for (const socket of [client, upstream]) {
      socket.on("error", () => undefined); // the pump of that side hears it
      socket.on("close", () => this.#hasEnded(socket.errored ? "reset" : "end"));
    }
  }

  async #pump(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (const piece of this.#pieces(chunk)) {
        await this.#wait(piece.length);
        if (this.#ended) return;
        if (!to.write(piece)) await new Promise((drained) => to.once("drain", drained));
      }
      if (this.#isSilent) await new Promise(() => undefined); // until the link ends
    }
    to.end();
  }

  /** What may pass of a chunk, as it may pass. */
  *#pieces(chunk: Buffer): Generator<Buffer> {
    const fault = this.#fault;
    const room = fault.is === "none" ? chunk.length : fault.after - this.#passed;
    this.#passed += chunk.length;
    if (room >= chunk.length || fault.is === "none") yield chunk;
    else {
      if (room > 0) yield chunk.subarray(0, room);
      if (fault.is === "cut") this.end();
      else if (fault.is === "delay") yield chunk.subarray(Math.max(0, room));
      else if (fault.is === "throttle") {
        for (let at = Math.max(0, room); at < chunk.length; at += fault.rate * 10) {
          yield chunk.subarray(at, at + fault.rate * 10);
        }
      }
    }
  }

  get #isSilent(): boolean {
    return this.#fault.is === "silence" && this.#passed > this.#fault.after;
  }

  async #wait(bytes: number): Promise<void> {
    const fault = this.#fault;
    if (fault.is === "none" || this.#passed <= fault.after) return;
    const wait = fault.is === "delay" ? fault.by : fault.is === "throttle" ? bytes / fault.rate : 0;
    if (wait > 0) await new Promise((later) => setTimeout(later, wait));
  }

  silence(): void {
    this.#fault = { is: "silence", after: -1 };
  }

  /** Resets both sides. */
  end(): void {
    this.#ended = true;
    this.#client.resetAndDestroy();
    this.#upstream.resetAndDestroy();
    this.onEnd();
  }

  #hasEnded(how: "reset" | "end"): void {
    const isHeard = !this.#isSilent || this.#ended;
    if (how === "reset" && isHeard) this.end();
    this.#oneIsGone();
  }

  /** Once both sides are gone the link is forgotten. */
  #oneIsGone(): void {
    if (this.#client.destroyed && this.#upstream.destroyed) this.onEnd();
  }
}
