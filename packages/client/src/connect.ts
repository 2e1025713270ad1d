import type { ConnectOptions } from "./options.js";
import { Wire } from "./wire.js";

/**
 * Connects to a server, on first use.
 *
 * @param url `ws:`, `wss:`, `http:` or `https:`, or relative to the page in a browser
 */
export function connect(url: string, options: ConnectOptions = {}): Wire {
  return new Wire(url, options);
}
