import type { IncomingMessage } from "node:http";
import { Refusal } from "./answer.js";

/** Whether a `Host` header names this machine; a page elsewhere can have its own name lead here. */
function isLoopback(host: string): boolean {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** Lets only who asks for this machine by its own name. @throws Refusal */
export function checkHost({ headers: { host = "" } }: IncomingMessage): void {
  if (isLoopback(host)) return;
  const what = `${host || "a request without a host"} is not this machine`;
  throw new Refusal(403, "foreign_host", `${what}: open http://127.0.0.1 and the port`);
}

/**
 * Lets only the page itself, and programs that are no browser, which state no origin: a page
 * elsewhere must not drive this one. @throws Refusal
 */
export function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const isForeign = origin !== undefined && origin !== `http://${host}`;
  if (!isForeign && (site === undefined || site === "same-origin" || site === "none")) return;
  const what = `a page of ${origin ?? "another site"} may not use this page's server`;
  throw new Refusal(403, "foreign_origin", `${what}: open the page itself`);
}
