import { DeltawireError } from "@deltawire/spec";
import type { Access } from "./access.js";
import { isLoopback, isLoopbackHost } from "./loopback.js";
import { checkOrigins, isOriginAllowed } from "./origin.js";

/** What is known of a request, or of a handshake, before anybody is asked who it is. */
export interface Arrival {
  readonly headers: Headers;
  /** The host that was asked for. */
  readonly host: string | undefined;
  /** The peer; undefined where the platform does not tell. */
  readonly remoteAddress?: string | undefined;
}

/**
 * Where requests and handshakes come in. Pages of other origins stay outside; and where nobody is
 * asked who it is, so does everybody who is not on this machine, pages whose host's name was made
 * to lead here among them. PROTOCOL.md, "Security".
 */
export class Entrance {
  readonly #access: Access;
  readonly #origins: readonly string[];
  readonly #warn: (what: string) => void;
  #hasWarned = false;

  /**
   * @param origins of pages that may come in beside those of the host itself
   * @param warn says once why strangers are refused
   * @throws TypeError where one of them is no origin
   */
  constructor(access: Access, origins: readonly string[], warn: (what: string) => void) {
    checkOrigins(origins);
    this.#access = access;
    this.#origins = origins;
    this.#warn = warn;
  }

  /** Why somebody is not let in: DeltawireError `forbidden`; undefined for who is. */
  refusal({ headers, host, remoteAddress }: Arrival): DeltawireError | undefined {
    if (this.#access.isOpen) {
      const isPeerHere = remoteAddress === undefined || isLoopback(remoteAddress);
      if (!isPeerHere || !isLoopbackHost(host)) return this.#refuseStranger();
    }
    const origin = headers.get("origin");
    if (isOriginAllowed(origin, host, this.#origins)) return undefined;
    const what = "pages of this origin may not connect; the server names those that may in origins";
    return new DeltawireError("forbidden", what);
  }

  #refuseStranger(): DeltawireError {
    const what =
      "this server has no authenticate, so only this machine may connect; give createServer one";
    if (!this.#hasWarned) this.#warn(`somebody was refused: ${what}`);
    this.#hasWarned = true;
    return new DeltawireError("forbidden", what);
  }
}
