import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands before the servers: hands each connection to one of those that listen, in turn. */
export class Balancer {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #turn = 0;
  #counting: { readonly port: number; left: number; reached(): void } | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param ports of those that listen now */
  static async start(ports: () => readonly number[]): Promise<Balancer> {
    const server = createServer({ noDelay: true });
    const balancer = new Balancer(server);
    server.on("connection", (client) => {
      const among = ports();
      const port = among[balancer.#turn++ % among.length];
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
    for (const socket of this.#open) socket.resetAndDestroy();
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

  #join(client: Socket, port: number): void {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#open.add(client);
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
