import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import { exportJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { type AccessChecks, accessChecks } from "./access.js";
import { type AccessSettings, accessSettings, type JwtSettings } from "./access-settings.js";
import { SERVE_FLAGS } from "./flags.js";
import { GivenOptions } from "./given.js";
import { jsonLogger, type LogLevel } from "./json-logger.js";
import { publicKeyOf } from "./public-key.js";
import { Rights } from "./rights.js";

const SECRET = new TextEncoder().encode("s".repeat(32));
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const publicKey = (key: KeyObject) =>
  ({ type: "public", ...publicKeyOf({ value: pem(key), from: "--jwt-public-key" }) }) as const;

const lines: { msg: string; level: LogLevel; reason?: string }[] = [];
const logger = jsonLogger("debug", (line) => lines.push(JSON.parse(line)));
const checksOf = async (settings: AccessSettings): Promise<AccessChecks> =>
  (await accessChecks(settings, logger)) ?? expect.fail("nobody is asked");
const jwtChecks = (jwt: JwtSettings) => checksOf({ tokens: [], jwt });
const secretKey = { type: "secret", secret: SECRET } as const;
const show = ({ authenticate }: AccessChecks, token: string) =>
  authenticate({ token, headers: new Headers() });

const now = (): number => Math.floor(Date.now() / 1000);
const sign = (
  claims: JWTPayload,
  {
    alg = "HS256",
    key = SECRET,
    kid,
  }: { alg?: string; key?: Uint8Array | KeyObject; kid?: string } = {},
) => new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);

const keySets: Server[] = [];
afterEach(() => {
  lines.length = 0;
  for (const server of keySets.splice(0)) server.close();
});

test("nobody is asked where nothing was given", async () => {
  expect(await accessChecks({ tokens: [] }, logger)).toBeUndefined();
});

describe("a token", () => {
  test("lets its holder do everything, and nobody else", async () => {
    const given = new GivenOptions("serve", SERVE_FLAGS, ["--token-file", "f"], {});
    const read = () => "backend 0123456789abcdef\nfedcba9876543210\n";
    const checks = await checksOf(accessSettings(given, read));
    const backend = await show(checks, "0123456789abcdef");
    expect(backend).toEqual({ id: "backend" });
    expect(await show(checks, "fedcba9876543210")).toEqual({ id: "token" });
    expect(await show(checks, "0123456789abcdeg")).toBeUndefined();
    expect(await show(checks, "backend 0123456789abcdef")).toBeUndefined();
    expect(await checks.authenticate({ headers: new Headers() })).toBeUndefined();
    for (const action of ["subscribe", "produce", "command"] as const) {
      expect(checks.authorize({ principal: backend!, action, channel: "any" })).toBe(true);
    }
  });

  test("and JWTs may be taken side by side", async () => {
    const tokens = [{ name: "backend", token: "0123456789abcdef" }];
    const checks = await checksOf({ tokens, jwt: { key: secretKey } });
    expect(await show(checks, "0123456789abcdef")).toEqual({ id: "backend" });
    expect(await show(checks, await sign({ sub: "ann" }))).toEqual({ id: "ann" });
  });
});

describe("a JWT", () => {
  test("says who comes, until when, and what is allowed by pattern", async () => {
    const checks = await jwtChecks({ key: secretKey });
    const exp = now() + 60;
    const deltawire = { subscribe: ["thread-*"], produce: ["thread-42"] };
    const ann = await show(checks, await sign({ sub: "ann", exp, deltawire }));
    expect(ann).toEqual({ id: "ann", expiresAt: exp * 1000 });
    const may = (action: "subscribe" | "produce" | "command", channel: string) =>
      checks.authorize({ principal: ann!, action, channel });
    expect(may("subscribe", "thread-7")).toBe(true);
    expect(may("subscribe", "log-7")).toBe(false);
    expect(may("produce", "thread-42")).toBe(true);
    expect(may("produce", "thread-7")).toBe(false);
    expect(may("command", "thread-42")).toBe(false);
  });

  test("that says nothing of rights has those that were given for that, or none", async () => {
    const token = await sign({ sub: "ann" });
    const strict = await jwtChecks({ key: secretKey });
    const open = await jwtChecks({ key: secretKey, rights: new Rights({ subscribe: ["a"] }) });
    for (const [checks, allowed] of [
      [strict, false],
      [open, true],
    ] as const) {
      const principal = await show(checks, token);
      expect(checks.authorize({ principal: principal!, action: "subscribe", channel: "a" })).toBe(
        allowed,
      );
    }
  });

  test.each([
    ["expired", { exp: now() - 1 }, /"exp" claim timestamp check failed/],
    ["of tomorrow", { nbf: now() + 86_400 }, /"nbf" claim/],
    ["for somebody else", { aud: "billing" }, /"aud" claim/],
    ["of another issuer", { iss: "evil" }, /"iss" claim/],
    ["nobody's", { sub: "" }, /sub is missing/],
    ["with rights that are none", { deltawire: { subscribe: "*" } }, /list of patterns/],
  ])("that is %s is refused, and the log says why", async (_what, wrong, reason) => {
    const checks = await jwtChecks({ key: secretKey, audience: "wire", issuer: "me" });
    const good = { sub: "ann", aud: "wire", iss: "me", exp: now() + 60 };
    expect(await show(checks, await sign(good))).toMatchObject({ id: "ann" });
    expect(lines).toEqual([]);
    expect(await show(checks, await sign({ ...good, ...wrong }))).toBeUndefined();
    expect(lines).toEqual([
      expect.objectContaining({ msg: "token refused", reason: expect.stringMatching(reason) }),
    ]);
  });

  test("that is no JWT, is signed by nobody or by another key is refused", async () => {
    const checks = await jwtChecks({ key: secretKey });
    const forged = await sign({ sub: "ann" }, { key: new TextEncoder().encode("x".repeat(32)) });
    const unsigned = new UnsecuredJWT({ sub: "ann" }).encode();
    for (const token of ["nonsense", "a.b.c", forged, unsigned]) {
      expect(await show(checks, token)).toBeUndefined();
    }
    expect(JSON.stringify(lines)).not.toContain(forged);
  });

  test.each([
    ["RS256", rsa],
    ["PS512", rsa],
    ["ES256", ec],
  ])("may be signed by a private key: %s", async (alg, { publicKey: half, privateKey }) => {
    const checks = await jwtChecks({ key: publicKey(half) });
    const token = await sign({ sub: "ann" }, { alg, key: privateKey });
    expect(await show(checks, token)).toEqual({ id: "ann" });
    const another = alg === "ES256" ? rsa : ec;
    const otherAlg = alg === "ES256" ? "RS256" : "ES256";
    const forged = await sign({ sub: "ann" }, { alg: otherAlg, key: another.privateKey });
    expect(await show(checks, forged)).toBeUndefined();
  });

  test("that takes a public key for a secret is refused", async () => {
    const checks = await jwtChecks({ key: publicKey(rsa.publicKey) });
    const key = new TextEncoder().encode(pem(rsa.publicKey));
    expect(await show(checks, await sign({ sub: "ann" }, { key }))).toBeUndefined();
  });
});

describe("a set of keys", () => {
  async function keySet(answer: () => { status: number; body: string }): Promise<URL> {
    const server = createServer((_request, response) => {
      const { status, body } = answer();
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
    keySets.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/jwks.json`);
  }

  test("is fetched, and names its keys", async () => {
    const keys = [
      { ...(await exportJWK(rsa.publicKey)), kid: "one", alg: "RS256" },
      { ...(await exportJWK(ec.publicKey)), kid: "two", alg: "ES256" },
    ];
    const url = await keySet(() => ({ status: 200, body: JSON.stringify({ keys }) }));
    const checks = await jwtChecks({ key: { type: "remote", url } });
    const of = async (key: KeyObject, alg: string, kid: string) =>
      show(checks, await sign({ sub: kid }, { alg, key, kid }));
    expect(await of(rsa.privateKey, "RS256", "one")).toEqual({ id: "one" });
    expect(await of(ec.privateKey, "ES256", "two")).toEqual({ id: "two" });
    expect(await of(ec.privateKey, "ES256", "three")).toBeUndefined();
  });

  test("that cannot be had lets nobody in, as a defect and not as a bad token", async () => {
    let status = 503;
    const keys = [{ ...(await exportJWK(rsa.publicKey)), kid: "one", alg: "RS256" }];
    const url = await keySet(() => ({ status, body: JSON.stringify({ keys }) }));
    const checks = await jwtChecks({ key: { type: "remote", url } });
    const token = await sign({ sub: "ann" }, { alg: "RS256", key: rsa.privateKey, kid: "one" });
    await expect(show(checks, token)).rejects.toThrow(`no keys from ${url}: Expected 200 OK`);
    expect(lines).toEqual([]);
    status = 200;
    expect(await show(checks, token)).toEqual({ id: "ann" });
  });
});
