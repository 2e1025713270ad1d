import type { Server as HttpServer } from "node:http";
import { setImmediate } from "node:timers/promises";
import type { Principal } from "./access.js";
import { Entrance } from "./entrance.js";
import { HttpEndpoint, type HttpHost } from "./http.js";
import { takeRequests } from "./node-http.js";
import { WebSocketEndpoint } from "./websocket.js";

/** Where clients come in, and who may. */
export interface EndpointPlace {
  readonly path: string;
  readonly origins: readonly string[];
  /** Milliseconds. */
  readonly heartbeat: number | undefined;
  readonly compression: boolean;
  readonly compact: boolean;
}

/** A path of an HTTP server at which clients come in: by WebSocket, and by requests. */
export class Endpoint {
  readonly #host: HttpHost;
  readonly #sockets: WebSocketEndpoint;
  readonly #http: HttpEndpoint;
  #release: () => void = () => undefined;

  /** @throws TypeError where one of the origins is none */
  constructor(host: HttpHost, { path, origins, heartbeat, ...wire }: EndpointPlace) {
    this.#host = host;
    const entrance = new Entrance(host.access, origins, host.warn);
    this.#http = new HttpEndpoint(host, { path, entrance });
    const beat = heartbeat === undefined ? {} : { heartbeat };
    this.#sockets = new WebSocketEndpoint(host, path, { entrance, ...wire, ...beat });
  }

  /** Takes the upgrades and the requests of a server at the path, and leaves all others. */
  attach(server: HttpServer): void {
    this.#sockets.attach(server);
    const { report } = this.#host;
    const isOurs = (path: string) => this.#http.owns(path);
    this.#release = takeRequests(server, isOurs, (...asked) => this.#http.fetch(...asked), report);
  }

  /** Answers a request that came some other way. */
  fetch(request: Request, remoteAddress: string | undefined): Promise<Response> {
    return this.#http.fetch(request, { remoteAddress });
  }

  /** Asks again whether those who are here may do what they do. */
  async reauthorize(isMeant: (principal: Principal, channel: string) => boolean): Promise<void> {
    await Promise.all([this.#sockets.reauthorize(isMeant), this.#http.reauthorize(isMeant)]);
  }

  /** Turns compact values on or off, for those who are here too. */
  set compact(value: boolean) {
    this.#sockets.compact = value;
  }

  /** How many clients are connected. */
  get size(): number {
    return this.#sockets.size + this.#http.size;
  }

  /**
   * Lets nobody in any more, says goodbye to those who are here, and waits for their end.
   *
   * @param spread milliseconds over which they are told to come back
   */
  async close(reason: string, spread: number): Promise<void> {
    this.#http.close(reason, spread);
    await this.#sockets.close(reason, spread);
    await setImmediate(); // what was said by events is written
    this.#release();
  }
}
