import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Direction } from "./direction.js";
import { EventMeter } from "./event-meter.js";
import type { Faults } from "./faults.js";
import { FrameMeter, type PassedMessage } from "./frame-meter.js";
import { HttpHead } from "./http-head.js";
import { Pump } from "./pump.js";

/** A message of one of the proxy's connections, which are numbered from 0. */
export interface ProxiedMessage extends PassedMessage {
  readonly connection: number;
}

/** What has passed in one direction, over all connections. */
interface Traffic {
  /** Bytes of HTTP: all that is not in `bytes`. */
  handshake: number;
  /** Those of them that came after a connection's first head: its body, chunked as it was. */
  body: number;
  /** Bytes after the upgrade: what the WebSocket protocol and its payload cost. */
  bytes: number;
  /** Text and binary messages, counted when their last byte has passed. */
  messages: number;
  /** Close, ping and pong frames. */
  controls: number;
  /** Set if a connection carried something else than WebSocket frames after its upgrade. */
  broken?: string;
}

/** A proxy that listens; it measures, and changes nothing until it is told to. */
export interface TrafficProxy {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  readonly up: Readonly<Traffic>;
  readonly down: Readonly<Traffic>;
  /** Resets every connection that is open, wherever its bytes are. Returns how many. */
  cut(): number;
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** The server's port, asked for with each connection: a server may come back on another one. */
  readonly port: number | (() => number);
  /** The server's host, and the one to listen on. @default "127.0.0.1" */
  readonly host?: string;
  /** What the network does. @default nothing */
  readonly faults?: Faults;
  /** Sees WebSocket messages, and events of HTTP: those as text, without a header. */
  readonly onMessage?: (direction: Direction, message: ProxiedMessage) => void;
}

/**
 * Listens on a free port and connects each client to a server, counting on the way. The counts
 * come from the bytes of the sockets and from nothing in the product.
 */
export async function startProxy({
  port,
  host = "127.0.0.1",
  faults,
  onMessage,
}: ProxyOptions): Promise<TrafficProxy> {
  const traffic = { up: nothing(), down: nothing() };
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (faults?.network === "cut") {
      client.resetAndDestroy();
      return;
    }
    const connection = connections++;
    const target = typeof port === "number" ? port : port();
    const upstream = connect({ port: target, host, allowHalfOpen: true, noDelay: true });
    const count = observe(traffic, (direction, message) =>
      onMessage?.(direction, { ...message, connection }),
    );
    client.on("end", () => {
      // Nobody would read the server's end of it: it would stay for as long as the network stalls.
      if (faults?.mayRead("down") !== false) return;
      client.destroy();
      upstream.resetAndDestroy();
    });
    new Pump([client, upstream], "up", faults, count);
    new Pump([upstream, client], "down", faults, count);
    clients.add(client);
    client.on("close", () => clients.delete(client));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.resetAndDestroy());
      socket.on("close", () => sockets.delete(socket));
    }
  });
  const cut = () => {
    const open = clients.size;
    for (const socket of [...sockets]) socket.resetAndDestroy();
    return open;
  };
  const forget = faults?.onChange(() => {
    if (faults.network === "cut") cut();
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(0, host, listening);
  });
  return {
    port: (server.address() as AddressInfo).port, // a listening TCP server has no other address
    ...traffic,
    get connections() {
      return connections;
    },
    get open() {
      return clients.size;
    },
    cut,
    close() {
      forget?.();
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

function nothing(): Traffic {
  return { handshake: 0, body: 0, bytes: 0, messages: 0, controls: 0 };
}

/** Counts one connection's bytes into `traffic`. */
function observe(
  traffic: Readonly<Record<Direction, Traffic>>,
  onMessage: (direction: Direction, message: PassedMessage) => void,
): (direction: Direction, chunk: Uint8Array) => void {
  const heads = { up: new HttpHead(), down: new HttpHead() };
  const meter = (direction: Direction): FrameMeter =>
    new FrameMeter((message) => {
      if (message.opcode < 8) traffic[direction].messages++;
      else traffic[direction].controls++;
      onMessage(direction, message);
    });
  const meters = { up: meter("up"), down: meter("down") };
  const events = new EventMeter((message) => {
    traffic.down.messages++;
    onMessage("down", message);
  });
  return (direction, chunk) => {
    const sum = traffic[direction];
    const rest = chunk.subarray(heads[direction].push(chunk));
    const frames = heads.down.upgrades ? rest : rest.subarray(rest.length);
    const body = heads.down.upgrades ? rest.subarray(rest.length) : rest;
    sum.handshake += chunk.length - frames.length;
    sum.body += body.length;
    if (direction === "down") events.push(body);
    sum.bytes += frames.length;
    meters[direction].push(frames);
    if (meters[direction].broken) sum.broken = meters[direction].broken;
  };
}
