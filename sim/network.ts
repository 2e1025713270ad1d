import type { Wire } from "@deltawire/protocol";
import type { Socket, SocketConstructor } from "../packages/client/src/socket.js";
import type { Accepted, Listener, ServerEnd } from "./listener.js";
import { Pipe, type PipeOptions } from "./pipe.js";
import type { Random } from "./random.js";
import { type Traffic, Watch } from "./watch.js";
import type { Process, World } from "./world.js";

/** The network between clients and the address of the servers. */
export class Network {
  readonly world: World;
  readonly random: Random;
  readonly options: PipeOptions;
  readonly watch: (client: Process) => Traffic;
  readonly connections: Set<Connection> = new Set();
  /** Those that take connections now: whoever connects comes to one of them. */
  readonly listeners: Listener[] = [];
  /** Connections that were ever asked for. */
  attempts = 0;
  /** Bytes that were ever sent, in both directions. */
  sent = 0;
  /** Bytes of the largest message to a client. */
  largest = 0;

  constructor(
    world: World,
    random: Random,
    options: PipeOptions,
    watch: (client: Process) => Traffic,
  ) {
    this.world = world;
    this.random = random;
    this.options = options;
    this.watch = watch;
  }

  /** The `WebSocket` of a client's process. */
  sockets(client: Process): SocketConstructor {
    const network = this;
    return class extends SimulatedSocket {
      constructor(_url: string, protocols: string[]) {
        super();
        network.attempts += 1;
        network.connections.add(new Connection(network, client, this, protocols));
      }
    };
  }
}

/** The client's end of a connection, as a platform has it (WHATWG WebSockets). */
class SimulatedSocket implements Socket {
  binaryType = "blob";
  protocol = "";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  /** Set while it is open. */
  up: Pipe | undefined;
  closing: (code: number, reason: string) => void = () => undefined;

  send(message: string | Uint8Array): void {
    if (!this.up) throw new Error("the socket is still connecting");
    this.up.send(message);
  }

  close(code = 1000, reason = ""): void {
    this.closing(code, reason);
  }
}

/** One connection, from the attempt to its end at both sides. */
export class Connection {
  readonly client: Process;
  readonly watch: Watch;
  readonly #network: Network;
  readonly #socket: SimulatedSocket;
  #up: Pipe | undefined;
  #down: Pipe | undefined;
  #accepted: Accepted | undefined;
  #server: Process | undefined;
  #isClosedHere = false;
  #hasEnded = { client: false, server: true };

  constructor(network: Network, client: Process, socket: SimulatedSocket, offered: string[]) {
    this.#network = network;
    this.client = client;
    this.#socket = socket;
    this.watch = new Watch(network.watch(client));
    socket.closing = (code, reason) => this.#closeHere(code, reason);
    const { world, options, random } = network;
    const arrival = world.now + options.latency * (1 + random.next());
    world.at(arrival, undefined, () => this.#arrive(offered));
  }

  /** Whether frames can go both ways. */
  get isOpen(): boolean {
    return this.#up !== undefined && !this.#hasEnded.client && !this.#hasEnded.server;
  }

  /** Whether it leads to a server. @param isAny also where it does not lead anywhere yet */
  isTo(server: Process, isAny: boolean): boolean {
    return this.#server === undefined ? isAny : this.#server === server;
  }

  /** Whether it has not ended at the client. */
  get isHeld(): boolean {
    return !this.client.isDead && !this.#hasEnded.client;
  }

  /** Bytes that wait in the server's process. */
  get waiting(): number {
    return this.#down?.waiting ?? 0;
  }

  get inFlight(): { readonly up: number; readonly down: number } {
    return { up: this.#up?.inFlight ?? 0, down: this.#down?.inFlight ?? 0 };
  }

  #arrive(offered: readonly string[]): void {
    const { world, options, listeners } = this.#network;
    if (this.client.isDead || this.#isClosedHere) {
      this.#hasEnded.client = true;
      this.#forget();
      return;
    }
    const random = this.#network.random.fork();
    const back = world.now + options.latency * (1 + random.next());
    const refuse = () => world.at(back, this.client, () => this.#endClient(1006, ""));
    const listener = listeners.length > 1 ? random.pick(listeners) : listeners[0];
    if (!listener || listener.process.isDead) {
      refuse();
      return;
    }
    const down = new Pipe(world, random.fork(), options, {
      process: this.client,
      message: (message) => this.#toClient(message),
      closed: (code, reason) => this.#endClient(code, reason),
    });
    const end = this.#serverEnd(down);
    const taken = listener.accept(offered, end);
    if (!taken) {
      refuse();
      return;
    }
    const up = new Pipe(world, random.fork(), options, {
      process: listener.process,
      message: (message) => this.#toServer(message),
      closed: () => this.#endServer(),
    });
    this.#up = up;
    this.#down = down;
    this.#accepted = taken.accepted;
    this.#server = listener.process;
    this.#hasEnded.server = false;
    world.at(back, this.client, () => {
      if (this.#isClosedHere || this.#hasEnded.client) return;
      this.#socket.protocol = taken.protocol;
      this.#socket.up = up;
      this.watch.opened();
      this.#socket.onopen?.(undefined as never);
    });
  }

  #serverEnd(down: Pipe): ServerEnd {
    return {
      send: (message) => {
        this.watch.sentDown(message);
        const size = Buffer.byteLength(message);
        this.#network.sent += size;
        this.#network.largest = Math.max(this.#network.largest, size);
        down.send(message);
      },
      close: (code, reason) => {
        this.watch.note(`server closes ${code}`);
        down.close(code, reason);
        const { world } = this.#network;
        world.at(world.now + 1000, this.#server, () => this.#endServer());
      },
      terminate: () => {
        this.watch.note("server gives it up");
        this.cut({ up: 0, down: this.inFlight.down }, { up: 0, down: 0 });
      },
      get waiting() {
        return down.waiting;
      },
      onTaken: (run) => {
        down.onTaken = () => {
          if (!this.#hasEnded.server && !this.#server?.isDead) run();
        };
      },
    };
  }

  #toServer(message: Wire): void {
    if (this.#hasEnded.server) return;
    this.watch.up(message);
    this.#network.sent += message.length;
    this.#accepted?.receive(message);
  }

  #toClient(message: Wire): void {
    if (this.#hasEnded.client) return;
    this.watch.down(message);
    const data = typeof message === "string" ? message : message.slice().buffer;
    this.#socket.onmessage?.({ data });
  }

  #closeHere(code: number, reason: string): void {
    if (this.#isClosedHere || this.#hasEnded.client) return;
    this.#isClosedHere = true;
    this.watch.note(`client closes ${code}`);
    if (!this.#up) {
      this.#endClient(1006, "");
      return;
    }
    // What was sent before still arrives at both ends, until the closing handshake is over.
    this.#up.close(code, reason);
    const { world } = this.#network;
    world.at(world.now + 30_000, this.client, () => this.#endClient(1006, ""));
  }

  #endClient(code: number, reason: string): void {
    if (this.#hasEnded.client) return;
    this.#hasEnded.client = true;
    this.watch.note(`closed at the client (${code})`);
    this.#up?.close(code, reason);
    this.#forget();
    this.#socket.onclose?.({ code, reason });
  }

  #endServer(): void {
    if (this.#hasEnded.server) return;
    this.#hasEnded.server = true;
    this.watch.note("closed at the server");
    this.#down?.close(1005, "");
    this.#forget();
    this.#accepted?.end();
  }

  #forget(): void {
    const isServerGone = this.#hasEnded.server || this.#server?.isDead;
    const isClientGone = this.#hasEnded.client || this.client.isDead;
    if (isServerGone && isClientGone) this.#network.connections.delete(this);
  }

  /** The connection breaks: some of what is under way still arrives, the news later. */
  cut(
    kept: { readonly up: number; readonly down: number },
    news: { readonly up: number; readonly down: number },
  ): void {
    this.watch.note(
      `cut: ${kept.up} of ${this.inFlight.up} up, ${kept.down} of ${this.inFlight.down} down arrive`,
    );
    this.#up?.cut(kept.up, news.up);
    this.#down?.cut(kept.down, news.down);
    if (!this.#up)
      this.#network.world.at(this.#network.world.now, this.client, () => this.#endClient(1006, ""));
  }

  /** Nothing arrives in a direction any more, and nobody is told. */
  silence(direction: "up" | "down" | "both"): void {
    this.watch.note(`silent: ${direction}`);
    if (direction !== "down") this.#up?.stall(Number.POSITIVE_INFINITY);
    if (direction !== "up") this.#down?.stall(Number.POSITIVE_INFINITY);
  }

  /** Nothing arrives at the client for a while: it does not read, or the network is that slow. */
  stall(milliseconds: number): void {
    this.watch.note(`stalls for ${milliseconds} ms`);
    this.#down?.stall(this.#network.world.now + milliseconds);
  }

  /** The process at an end has died. What it had sent arrives. */
  died(): void {
    const news = this.#network.options.latency;
    this.cut(this.inFlight, { up: news, down: news });
  }
}
