import type { Authenticate, Authorize } from "./access.js";
import type { AdminOptions } from "./admin.js";
import type { ChannelRule } from "./channel-rules.js";
import type { Data } from "./durability.js";
import { LEASE_TIMES } from "./engine/leases.js";
import type { Logger } from "./logger.js";
import type { NodeRequestHandler } from "./node-http.js";

/** Path at which a server takes connections where none is given. */
export const DEFAULT_PATH = "/wire";

/** What one principal may use, and everybody together; how long producers are waited for. */
export interface ServerLimits {
  /** Connections and requests at a time. @default 10,000 */
  readonly connections?: number;
  /** Those of one principal. @default 1,000 */
  readonly connectionsPerPrincipal?: number;
  /** Frames a second that one principal sends. @default 10,000 */
  readonly framesPerSecond?: number;
  /** Bytes a second that one principal sends. @default 67,108,864 */
  readonly bytesPerSecond?: number;
  /** Milliseconds after which a producer that is gone is taken for interrupted. @default 15,000 */
  readonly lease?: number;
  /** Milliseconds after which it is taken for lost, and its messages failed. @default 600,000 */
  readonly lost?: number;
}

const DEFAULT_LIMITS: Required<ServerLimits> = {
  connections: 10_000,
  connectionsPerPrincipal: 1000,
  framesPerSecond: 10_000,
  bytesPerSecond: 64 << 20,
  ...LEASE_TIMES,
};

/** What a server is made of. */
export interface ServerOptions {
  /** Who a client is. @default not asked: then only this machine may connect */
  readonly authenticate?: Authenticate;
  /** Who may do what. @default everybody everything, but observers, who may subscribe only */
  readonly authorize?: Authorize;
  readonly limits?: ServerLimits;
  /** Where its channels survive it. @default nowhere: they are in memory alone */
  readonly data?: Data;
  /**
   * What holds for which channels, by a pattern of their names: `*` is any run of characters, the
   * first pattern that fits counts, and there are 256 at most. @default nothing
   */
  readonly channels?: Readonly<Record<string, ChannelRule>>;
  /** Where it logs; a pino logger fits as it is. @default nowhere, but a warning for a defect */
  readonly logger?: Logger;
}

/** At which path of an HTTP server clients come in, and from which pages. */
export interface AttachOptions {
  /** @default "/wire" */
  readonly path?: string;
  /** Origins of pages that may connect beside those of the host itself. @default none */
  readonly origins?: readonly string[];
  /** Milliseconds of silence after which a client is asked whether it is there. @default 15,000 */
  readonly heartbeat?: number;
  /** Whether those who can read it are sent what was compressed. @default true */
  readonly compression?: boolean;
  /**
   * Whether names of JSON members go as numbers, and times as timestamps, with those who know that.
   * {@link Server.compact} changes it for the whole server.
   *
   * @default true
   */
  readonly compact?: boolean;
}

/** Where a server listens. */
export interface ListenOptions extends AttachOptions {
  /** @default 4680; 0 for any free one */
  readonly port?: number;
  /** @default "127.0.0.1": this machine only; any other one needs `authenticate` */
  readonly host?: string;
  /** Where the endpoints for operators listen, see {@link Server.admin}. @default nowhere */
  readonly admin?: AdminOptions;
  /** Answers all other requests: a page, say, or an API. @default 404 */
  readonly handler?: NodeRequestHandler;
}

/** Where a server listens now. */
export interface ListenAddress {
  /** For clients: `ws://127.0.0.1:4680/wire`. */
  readonly url: string;
  /** For all other requests (RFC 6454): `http://127.0.0.1:4680`. */
  readonly origin: string;
  /** For operators, where they were given a port. */
  readonly adminUrl?: string;
}

/** Where a request came from, and what it is for. */
export interface FetchOptions extends AttachOptions {
  /** The peer, where the platform tells. @default unknown */
  readonly remoteAddress?: string | undefined;
}

/** All limits. @throws RangeError where one is not greater than 0 */
export function boundsOf(limits: ServerLimits = {}): Required<ServerLimits> {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(bounds)) {
    if (!(value > 0)) throw new RangeError(`limits.${name} is greater than 0`);
  }
  return bounds;
}
