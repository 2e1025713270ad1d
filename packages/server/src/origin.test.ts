import { expect, test } from "vitest";
import { checkOrigins, isOriginAllowed } from "./origin.js";

test.each<[string | null, string | null, string[], boolean]>([
  [null, "example.com", [], true],
  [null, null, [], true],
  ["https://example.com", "example.com", [], true],
  ["https://example.com", "EXAMPLE.com", [], true],
  ["https://example.com", "example.com:443", [], true],
  ["http://example.com", "example.com:80", [], true],
  ["http://localhost:3000", "localhost:3000", [], true],
  ["http://[::1]:3000", "[::1]:3000", [], true],
  ["https://example.com", "example.com:80", [], false],
  ["https://example.com:8443", "example.com", [], false],
  ["http://localhost:3000", "localhost:4680", [], false],
  ["https://app.example.com", "example.com", [], false],
  ["https://example.com.evil.test", "example.com", [], false],
  ["https://evil.test", "example.com", ["https://app.example.com"], false],
  ["https://app.example.com", "api.example.com", ["https://app.example.com"], true],
  ["http://app.example.com", "api.example.com", ["https://app.example.com"], false],
  ["https://app.example.com:8443", "api.example.com", ["https://app.example.com"], false],
  ["https://example.com", null, [], false],
  ["https://example.com", "", [], false],
  ["https://example.com", "example.com/@x", [], true], // what no client sends: the same host
  ["https://evil.test", "example.com@evil.test", [], true],
  ["null", "example.com", [], false],
  ["null", "null", [], false],
  ["", "example.com", [], false],
  ["file://", "example.com", [], false],
  ["not an origin", "example.com", [], false],
])("a page of %s, for the host %s with %j: %s", (origin, host, origins, allowed) => {
  expect(isOriginAllowed(origin, host, origins)).toBe(allowed);
});

test.each(["*", "example.com", "https://example.com/", "https://example.com/app", "https://A.com"])(
  "%s is no origin",
  (origin) => {
    expect(() => checkOrigins(["https://a.com", origin])).toThrow(/origin/);
  },
);

test("origins as browsers state them are", () => {
  checkOrigins(["https://app.example.com", "http://localhost:3000", "https://[::1]:8443"]);
});
