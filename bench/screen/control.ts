import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** The way to a page that is measured: what it is told, and when it has shown something. */
export class Control {
  readonly url: string;
  readonly #server: WebSocketServer;
  #page: WebSocket | undefined;
  #painted: () => void = () => undefined;

  static async listen(): Promise<Control> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    return new Control(server);
  }

  private constructor(server: WebSocketServer) {
    this.#server = server;
    const { port } = server.address() as AddressInfo; // it listens on a port
    this.url = `ws://127.0.0.1:${port}`;
    server.on("connection", (socket) => {
      this.#page = socket;
      socket.on("message", () => this.#painted());
    });
  }

  /** Resolves when the page has next shown something. */
  painted(): Promise<void> {
    return new Promise((resolve) => {
      this.#painted = resolve;
    });
  }

  tell(message: string): void {
    this.#page?.send(message);
  }

  close(): void {
    this.#page?.close();
    this.#server.close();
  }
}
