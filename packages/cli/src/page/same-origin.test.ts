import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { checkHost, checkOrigin } from "./same-origin.js";

const HOST = "127.0.0.1:4680";

const request = (headers: Readonly<Record<string, string>>): IncomingMessage =>
  ({ headers }) as unknown as IncomingMessage; // nothing else of it is looked at

describe("checkHost", () => {
  it.each([HOST, "localhost:4680", "localhost", "[::1]:4680", "127.9.9.9"])("takes %s", (host) => {
    expect(() => checkHost(request({ host }))).not.toThrow();
  });

  it.each([
    "",
    "evil.example",
    "evil.example:4680",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::2]",
    "a b",
  ])("refuses %j, which a page elsewhere can make lead here", (host) => {
    expect(() => checkHost(request({ host }))).toThrow(/is not this machine/);
  });
});

describe("checkOrigin", () => {
  it.each([
    ["the page itself", { origin: `http://${HOST}`, "sec-fetch-site": "same-origin" }],
    ["who types the address", { "sec-fetch-site": "none" }],
    ["a program that is no browser", {}],
  ])("takes %s", (_, headers: Record<string, string>) => {
    expect(() => checkOrigin(request({ host: HOST, ...headers }))).not.toThrow();
  });

  it.each([
    ["another site", { origin: "http://evil.example" }],
    ["another port of this machine", { origin: "http://127.0.0.1:3000" }],
    ["another name of this machine", { origin: "http://localhost:4680" }],
    ["another scheme", { origin: `https://${HOST}` }],
    ["a sandbox or a file", { origin: "null" }],
    ["another site that states no origin", { "sec-fetch-site": "cross-site" }],
    ["another port that states no origin", { "sec-fetch-site": "same-site" }],
  ])("refuses a page of %s", (_, headers: Record<string, string>) => {
    expect(() => checkOrigin(request({ host: HOST, ...headers }))).toThrow(/may not use/);
  });
});
