import { describe, expect, test, vi } from "vitest";
import { Access, type AccessOptions, ANYBODY, type Principal } from "./access.js";
import { FakeClock } from "./testing/fake-clock.js";

const headers = new Headers();
const ann: Principal = { id: "ann" };
const wanted = { principal: ann, channel: "c", action: "produce" } as const;

function start(options: Pick<AccessOptions, "authenticate" | "authorize"> = {}): {
  access: Access;
  clock: FakeClock;
  defects: unknown[];
} {
  const clock = new FakeClock();
  const defects: unknown[] = [];
  const report = (defect: unknown) => defects.push(defect);
  const access = new Access({ ...options, clock, report, time: () => 1_000_000 + clock.now() });
  return { access, clock, defects };
}

const never = () => new Promise<never>(() => undefined);

describe("authenticate", () => {
  test("not given: anybody, at once", () => {
    const { access } = start();
    expect(access.isOpen).toBe(true);
    expect(access.authenticate({ headers })).toBe(ANYBODY);
  });

  test("is shown what the client shows, and its answer counts", async () => {
    const authenticate = vi.fn(async () => ann);
    const { access } = start({ authenticate });
    expect(access.isOpen).toBe(false);
    const credentials = { token: "t", headers, remoteAddress: "192.0.2.1" };
    expect(await access.authenticate(credentials)).toBe(ann);
    expect(authenticate).toHaveBeenCalledExactlyOnceWith(credentials);
  });

  test.each<[string, () => unknown, number]>([
    ["says nobody", () => undefined, 0],
    ["says nobody, later", async () => undefined, 0],
    ["says null", () => null, 0],
    ["says yes", () => true, 0],
    ["names nobody", () => ({ id: "" }), 0],
    ["names a number", () => ({ id: 7 }), 0],
    ["has a role that is none", () => ({ id: "ann", role: "reader" }), 0],
    ["says until nonsense", () => ({ id: "ann", expiresAt: Number.NaN }), 0],
    ["says until a text", () => ({ id: "ann", expiresAt: "2030" }), 0],
    ["says until now", () => ({ id: "ann", expiresAt: 1_000_000 }), 0],
    ["says until long ago", async () => ({ id: "ann", expiresAt: 5 }), 0],
    ["throws", () => expect.fail("on purpose"), 1],
    ["rejects", () => Promise.reject(new Error("on purpose")), 1],
  ])("lets nobody in where it %s", async (_what, answer, reported) => {
    const { access, defects } = start({ authenticate: answer as () => undefined });
    expect(await access.authenticate({ headers })).toBeUndefined();
    expect(defects).toHaveLength(reported);
  });

  test("has 10 seconds; what it says after that counts no more", async () => {
    let late: (principal: Principal) => void = () => undefined;
    const { access, clock, defects } = start({
      authenticate: () => new Promise((resolve) => (late = resolve)),
    });
    const answered = vi.fn();
    const asked = Promise.resolve(access.authenticate({ headers })).then(answered);
    clock.advance(9999);
    await Promise.resolve();
    expect(answered).not.toHaveBeenCalled();
    clock.advance(1);
    late(ann);
    await asked;
    expect(answered).toHaveBeenCalledExactlyOnceWith(undefined);
    expect(defects).toEqual([expect.objectContaining({ message: expect.stringMatching(/10000/) })]);
  });

  test("leaves no timer behind", async () => {
    const { access, clock } = start({ authenticate: async () => ann, authorize: async () => true });
    await access.authenticate({ headers });
    await access.authorize(wanted);
    expect(clock.pending).toBe(0);
  });

  test.each([
    [undefined, undefined],
    [1_000_001, 1],
    [1_060_000, 60_000],
    [1_000_000.5, 1],
    [999, 0],
    [Number.POSITIVE_INFINITY, undefined],
  ])("says until %s: %s ms from now", (expiresAt, milliseconds) => {
    const principal = { id: "ann", ...(expiresAt !== undefined && { expiresAt }) };
    expect(start().access.expiresIn(principal)).toBe(milliseconds);
  });
});

describe("authorize", () => {
  test("not given: everything, at once", () => {
    expect(start().access.authorize(wanted)).toBe(true);
  });

  test("is asked, and its answer counts", async () => {
    const authorize = vi.fn(() => true);
    expect(start({ authorize }).access.authorize(wanted)).toBe(true);
    expect(authorize).toHaveBeenCalledExactlyOnceWith(wanted);
    expect(await start({ authorize: async () => true }).access.authorize(wanted)).toBe(true);
  });

  test.each<[string, () => unknown, number]>([
    ["says no", () => false, 0],
    ["says no, later", async () => false, 0],
    ["says nothing", () => undefined, 0],
    ["says something else", () => ({ allowed: true }), 0],
    ["says something else, later", async () => "yes", 0],
    ["throws", () => expect.fail("on purpose"), 1],
    ["rejects", () => Promise.reject(new Error("on purpose")), 1],
  ])("refuses where it %s", async (_what, answer, reported) => {
    const { access, defects } = start({ authorize: answer as () => boolean });
    expect(await access.authorize(wanted)).toBe(false);
    expect(defects).toHaveLength(reported);
  });

  test("refuses after 10 seconds", async () => {
    const { access, clock, defects } = start({ authorize: never });
    const asked = access.authorize(wanted);
    clock.advance(10_000);
    expect(await asked).toBe(false);
    expect(defects).toHaveLength(1);
  });

  test.each([
    ["subscribe", true],
    ["produce", false],
    ["command", false],
  ] as const)("an observer may %s: %s, whatever it says", async (action, allowed) => {
    const authorize = () => true;
    const principal = { id: "ann", role: "observer" } as const;
    for (const { access } of [start(), start({ authorize })]) {
      expect(await access.authorize({ principal, channel: "c", action })).toBe(allowed);
    }
    const no = start({ authorize: () => false }).access;
    expect(await no.authorize({ principal, channel: "c", action })).toBe(false);
  });
});
