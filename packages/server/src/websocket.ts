import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Wire } from "@deltawire/protocol";
import { LIMITS, SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import { type WebSocket, WebSocketServer } from "ws";
import { Session, type SessionHost, type Transport } from "./session.js";

const SUPPORTED: readonly string[] = Object.values(SUBPROTOCOLS);

/** Accepts WebSockets (RFC 6455) of an HTTP server at one path, and gives each a session. */
export class WebSocketEndpoint {
  readonly #host: SessionHost;
  readonly #path: string;
  readonly #sessions = new Set<Session>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.max_frame_bytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => [...offered].find((name) => SUPPORTED.includes(name)) ?? false,
  });

  constructor(host: SessionHost, path: string) {
    this.#host = host;
    this.#path = path;
  }

  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  /** Takes the upgrades of a server at the path, and leaves all others to whoever is there. */
  attach(server: HttpServer): void {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const [path] = (request.url ?? "").split("?");
      if (path !== this.#path) return;
      const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
      if (!offered.some((name) => SUPPORTED.includes(name))) {
        const body = `Offer one of the WebSocket subprotocols ${SUPPORTED.join(", ")}.\n`;
        const head = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain";
        socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#accept(webSocket, socket);
      });
    });
  }

  #accept(webSocket: WebSocket, socket: Duplex): void {
    const transport = new CorkedTransport(webSocket, socket);
    // handleProtocols chose it from SUPPORTED
    const session = new Session(this.#host, transport, webSocket.protocol as Subprotocol);
    this.#sessions.add(session);
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      session.receive(isBinary ? data : data.toString());
    });
    webSocket.on("error", () => undefined); // a close follows, with the reason
    webSocket.on("close", () => {
      session.end();
      this.#sessions.delete(session);
    });
  }
}

/** Sends what is due in one turn of the event loop as one write. */
class CorkedTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #corked = false;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  send(message: Wire): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#webSocket.send(message);
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }
}
