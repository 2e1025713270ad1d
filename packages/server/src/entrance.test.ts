import { describe, expect, test, vi } from "vitest";
import { Access } from "./access.js";
import { Entrance } from "./entrance.js";
import { FakeClock } from "./testing/fake-clock.js";

const report = () => expect.unreachable();
const open = new Access({ clock: new FakeClock(), report });
const closed = new Access({ clock: new FakeClock(), report, authenticate: () => undefined });
const origins = ["https://app.example.com"];

describe("where nobody is asked", () => {
  test.each<[string | undefined, string | undefined, string | undefined, boolean]>([
    ["127.0.0.1", "localhost:4680", undefined, true],
    ["::1", "[::1]:4680", undefined, true],
    ["::ffff:127.0.0.1", "127.0.0.1", "http://127.0.0.1", true],
    [undefined, "localhost", undefined, true],
    ["127.0.0.1", "localhost", "https://app.example.com", true],
    ["192.0.2.1", "localhost", undefined, false],
    ["192.0.2.1", "example.com", undefined, false],
    [undefined, "example.com", undefined, false],
    ["127.0.0.1", undefined, undefined, false],
    ["127.0.0.1", "evil.test", "http://evil.test", false], // its name was made to lead here
    ["127.0.0.1", "evil.test", undefined, false],
    ["127.0.0.1", "localhost", "https://evil.test", false],
  ])("the peer %s, asking for %s from a page of %s: %s", (remoteAddress, host, origin, isIn) => {
    const entrance = new Entrance(open, origins, () => undefined);
    const headers = new Headers(origin === undefined ? {} : { origin });
    const refused = entrance.refusal({ headers, host, remoteAddress });
    expect(refused?.code).toBe(isIn ? undefined : "forbidden");
  });

  test("says so once, and what to do", () => {
    const warn = vi.fn();
    const entrance = new Entrance(open, [], warn);
    const arrival = { headers: new Headers(), host: "example.com", remoteAddress: "192.0.2.1" };
    expect(entrance.refusal(arrival)?.message).toMatch(/authenticate/);
    entrance.refusal(arrival);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/authenticate/));
  });
});

test.each<[string | undefined, boolean]>([
  [undefined, true],
  ["https://example.com", true],
  ["https://app.example.com", true],
  ["https://evil.test", false],
  ["null", false],
])("where somebody is asked, from anywhere; of a page of %s: %s", (origin, isIn) => {
  const warn = vi.fn();
  const entrance = new Entrance(closed, origins, warn);
  const headers = new Headers(origin === undefined ? {} : { origin });
  const arrival = { headers, host: "example.com", remoteAddress: "192.0.2.1" };
  expect(entrance.refusal(arrival)?.code).toBe(isIn ? undefined : "forbidden");
  expect(warn).not.toHaveBeenCalled();
});

test("what is no origin is refused when it is named", () => {
  expect(() => new Entrance(closed, ["*"], () => undefined)).toThrow(TypeError);
});
