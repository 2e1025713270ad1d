import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CLOSE_CODES, LIMITS, SUBPROTOCOLS, type Subprotocol } from "@deltawire/spec";
import { type WebSocket, WebSocketServer } from "ws";
import type { Credentials, Principal } from "./access.js";
import { noteRefusal } from "./connection-record.js";
import { credentialsOf } from "./credentials.js";
import type { Entrance } from "./entrance.js";
import { headersOf } from "./node-http.js";
import { Session } from "./session.js";
import type { SessionHost } from "./session-host.js";
import { WebSocketTransport } from "./websocket-transport.js";
import { WriteQueue } from "./write-queue.js";

const SUPPORTED: readonly string[] = Object.values(SUBPROTOCOLS);

/** Milliseconds that a client has to answer a close; after that its socket is destroyed. */
const CLOSE_TIMEOUT = 1000;

/** Milliseconds of silence after which a client is asked whether it is there. */
const HEARTBEAT = 15_000;

/** Bytes that a client may send before its `hello` has come: room for a token, escaped. */
const MAX_UNGREETED = 128 * 1024;

const OPTIONS = {
  noServer: true,
  maxPayload: LIMITS.max_frame_bytes,
  perMessageDeflate: false,
  clientTracking: false,
  closeTimeout: CLOSE_TIMEOUT,
  handleProtocols: (offered: Set<string>): string | false =>
    [...offered].find((name) => SUPPORTED.includes(name)) ?? false,
};

/** Who may come in at an endpoint, and how it looks after its connections. */
export interface EndpointOptions {
  /** @default everybody who reaches it */
  readonly entrance?: Entrance;
  /** Milliseconds. @default 15,000 */
  readonly heartbeat?: number;
  /** @default true */
  readonly compression?: boolean;
  /** @default true */
  readonly compact?: boolean;
}

/** Accepts WebSockets (RFC 6455) of an HTTP server at one path, and gives each a session. */
export class WebSocketEndpoint {
  readonly #host: SessionHost;
  readonly #path: string;
  readonly #entrance: Entrance | undefined;
  readonly #sessions = new Map<Session, WebSocket>();
  readonly #acceptor = new WebSocketServer(OPTIONS);
  readonly #queue = new WriteQueue();
  readonly #heartbeat: number;
  readonly #compression: boolean;
  #compact: boolean;
  #detach: () => void = () => undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(host: SessionHost, path: string, options: EndpointOptions = {}) {
    this.#host = host;
    this.#path = path;
    this.#entrance = options.entrance;
    this.#heartbeat = options.heartbeat ?? HEARTBEAT;
    this.#compression = options.compression ?? true;
    this.#compact = options.compact ?? true;
  }

  /** Takes the upgrades of a server at the path, and leaves all others to whoever is there. */
  attach(server: HttpServer): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const [path] = (request.url ?? "").split("?");
      if (path === this.#path) this.#upgrade(request, socket, head);
      else if (server.listenerCount("upgrade") === 1) {
        refuse(socket, "404 Not Found", `Connect a WebSocket to ${this.#path}.`);
      }
    };
    server.on("upgrade", onUpgrade);
    this.#detach = () => server.off("upgrade", onUpgrade);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
    if (!offered.some((name) => SUPPORTED.includes(name))) {
      const what = `Offer one of the WebSocket subprotocols ${SUPPORTED.join(", ")}.`;
      refuse(socket, "400 Bad Request", what);
      return;
    }
    const headers = headersOf(request);
    const { host } = request.headers;
    const { remoteAddress } = request.socket;
    const refused = this.#entrance?.refusal({ headers, host, remoteAddress });
    if (refused) {
      noteRefusal(this.#host, refused, remoteAddress);
      refuse(socket, "403 Forbidden", refused.message);
      return;
    }
    const credentials = credentialsOf(headers, remoteAddress);
    this.#acceptor.handleUpgrade(request, socket, head, (webSocket) => {
      this.#accept(webSocket, socket, credentials);
    });
  }

  #accept(webSocket: WebSocket, socket: Duplex, credentials: Credentials): void {
    webSocket.on("error", () => undefined); // a close follows, with the reason
    const { limits } = this.#host;
    if (limits && !limits.connect()) {
      webSocket.close(CLOSE_CODES.overloaded, "the server has no room for another connection");
      return;
    }
    const transport = new WebSocketTransport(webSocket, socket, this.#queue);
    const subprotocol = webSocket.protocol as Subprotocol; // handleProtocols chose it from SUPPORTED
    const session = new Session(this.#host, transport, {
      subprotocol,
      credentials,
      heartbeat: this.#heartbeat,
      compression: this.#compression,
      compact: this.#compact,
    });
    this.#sessions.set(session, webSocket);
    this.#cancelSweep ??= this.#host.clock.after(this.#heartbeat / 2, () => this.#sweep());
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      session.receive(isBinary ? data : data.toString());
    });
    webSocket.on("ping", () => transport.answered());
    boundUngreeted(session, webSocket, socket);
    webSocket.on("close", (code) => {
      session.end(code);
      this.#sessions.delete(session);
      limits?.disconnect();
    });
  }

  /** Asks again whether those who are connected may do what they do. */
  async reauthorize(isMeant: (principal: Principal, channel: string) => boolean): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((session) => session.reauthorize(isMeant)));
  }

  /** Looks after every connection at once; those whose other end is gone are forgotten. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    for (const [session, webSocket] of this.#sessions) {
      if (session.isAlive()) continue;
      session.end();
      webSocket.terminate(); // nobody is there to answer a close
    }
    if (this.#sessions.size === 0) return;
    this.#cancelSweep = this.#host.clock.after(this.#heartbeat / 2, () => this.#sweep());
  }

  /** Turns compact values on or off, for those who are connected too. */
  set compact(value: boolean) {
    this.#compact = value;
    for (const session of this.#sessions.keys()) session.capabilities.compact = value;
  }

  /** How many connections there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Takes no more connections, says goodbye to those that are there, and waits for their end.
   *
   * @param spread milliseconds over which they are told to come back
   */
  async close(reason: string, spread: number): Promise<void> {
    this.#detach();
    this.#cancelSweep?.();
    const closed = [...this.#sessions].map(([session, webSocket]) => {
      const end = new Promise<void>((resolve) => webSocket.once("close", () => resolve()));
      session.goodbye(reason, Math.round(Math.random() * spread));
      return end;
    });
    await Promise.all(closed);
  }
}

/** Closes a connection over which much comes before its `hello` has. */
function boundUngreeted(session: Session, webSocket: WebSocket, socket: Duplex): void {
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (session.isGreeted) socket.off("data", onData);
    else if (bytes > MAX_UNGREETED) {
      socket.off("data", onData);
      session.close(CLOSE_CODES.protocol_error, "hello comes first, and is short");
      webSocket.pause();
    }
  };
  socket.on("data", onData); // after that of the WebSocket
}

/** Answers an upgrade by an HTTP error. */
function refuse(socket: Duplex, status: string, what: string): void {
  const body = `${what}\n`;
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain`;
  socket.on("error", () => undefined); // the client is gone already
  socket.once("finish", () => socket.destroy());
  socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}
