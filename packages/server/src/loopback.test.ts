import { expect, test } from "vitest";
import { isLoopback, isLoopbackHost } from "./loopback.js";

test.each([
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["[::1]", true],
  ["::ffff:127.0.0.1", true],
  ["localhost", true],
  ["LocalHost", true],
  ["app.localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["", false],
  ["10.0.0.1", false],
  ["::ffff:10.0.0.1", false],
  ["192.0.2.127", false],
  ["127.0.0.1.evil.test", false],
  ["evil127.0.0.1", false],
  ["localhost.evil.test", false],
  ["notlocalhost", false],
])("%s: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each<[string | null, boolean]>([
  ["localhost:4680", true],
  ["127.0.0.1", true],
  ["[::1]:4680", true],
  ["evil.test:4680", false],
  ["localhost:4680@evil.test", false],
  ["", false],
  [null, false],
  ["a b", false],
])("Host: %s is %s", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});
