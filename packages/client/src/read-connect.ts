import type { ReadOptions } from "./options.js";
import { systemPlatform } from "./platform.js";
import { ReadChannel } from "./read-channel.js";
import { ReadWire } from "./read-wire.js";

/**
 * Connects to a server, on first use, to read: without the code that writes.
 *
 * @param url `ws:`, `wss:`, `http:` or `https:`, or relative to the page in a browser
 */
export function connect(url: string, options: ReadOptions = {}): ReadWire {
  return new ReadWire(url, options, systemPlatform, (...args) => new ReadChannel(...args));
}
