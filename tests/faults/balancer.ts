import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands before the servers: hands each connection to the one of them that has the fewest. */
export class Balancer {
  readonly #server: Server;
  readonly #ports: () => readonly number[];
  /** The connections of clients, and the server that each has. */
  readonly #open = new Map<Socket, number>();
  #counting: { readonly port: number; left: number; reached(): void } | undefined;

  private constructor(server: Server, ports: () => readonly number[]) {
    this.#server = server;
    this.#ports = ports;
  }

  /** @param ports of those that listen now */
  static async start(ports: () => readonly number[]): Promise<Balancer> {
    const server = createServer({ noDelay: true });
    const balancer = new Balancer(server, ports);
    server.on("connection", (client) => {
      const [port] = [...ports()].sort(
        (one, other) => balancer.#of(one).length - balancer.#of(other).length,
      );
      if (port === undefined) client.resetAndDestroy();
      else balancer.#join(client, port);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return balancer;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // a TCP server has no other address
    return `ws://127.0.0.1:${port}/wire`;
  }

  /** Resets every connection: all clients come back, and are sent what they have missed. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.resetAndDestroy();
  }

  /** Resets what a server has more than its share: it goes to who has come back. */
  even(): void {
    const ports = this.#ports();
    const share = Math.ceil(this.#open.size / ports.length);
    for (const port of ports) {
      for (const socket of this.#of(port).slice(share)) socket.resetAndDestroy();
    }
  }

  /** Resolves once so many bytes have gone to clients from a server. */
  sent(port: number, bytes: number): Promise<void> {
    return new Promise((reached) => {
      this.#counting = { port, left: bytes, reached };
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.cut();
    await closed;
  }

  #of(port: number): readonly Socket[] {
    return [...this.#open].filter(([, at]) => at === port).map(([socket]) => socket);
  }

  #join(client: Socket, port: number): void {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#open.set(client, port);
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.on("data", ({ length }: Buffer) => this.#count(port, length));
    for (const socket of [client, upstream]) {
      socket.on("error", () => undefined); // it closes then
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
        this.#open.delete(client);
      });
    }
  }

  #count(port: number, bytes: number): void {
    const counting = this.#counting;
    if (counting?.port !== port) return;
    counting.left -= bytes;
    if (counting.left > 0) return;
    this.#counting = undefined;
    counting.reached();
  }
}
