import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { UsageError } from "../usage-error.js";
import type { Environment } from "./given.js";
import { parseMigrateOptions, parseServeOptions, type ServeOptions } from "./options.js";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
const exchange = generateKeyPairSync("x25519");
const FILES: Readonly<Record<string, string>> = {
  "/run/token": "# the backend\nbackend 0123456789abcdef0123\n\n  0123456789abcdef4567  \n",
  "/run/secret": `${"s".repeat(32)}\n`,
  "/run/empty": " \n",
  "/run/redis": "redis://:pass@redis:6379\n",
  "/run/public.pem": rsa.publicKey.export({ type: "spki", format: "pem" }).toString(),
  "/run/private.pem": rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  "/run/small.pem": small.publicKey.export({ type: "spki", format: "pem" }).toString(),
  "/run/x25519.pem": exchange.publicKey.export({ type: "spki", format: "pem" }).toString(),
};
const read = (file: string): string => {
  const text = FILES[file];
  if (text === undefined) throw new Error("ENOENT: no such file or directory");
  return text;
};
const words = (line: string): string[] => line.split(" ").filter((word) => word !== "");
const parse = (line: string, env: Environment = {}): ServeOptions => {
  const options = parseServeOptions(words(line), env, read);
  if (options === "help") throw new Error("that asks for help");
  return options;
};
const SECRET = "s".repeat(32);

test("nothing given leaves everything to the server", () => {
  expect(parse("")).toEqual({
    listen: {},
    data: { retention: {}, wait: 30_000 },
    access: { tokens: [] },
    limits: {},
    logLevel: "info",
    drain: 25_000,
    strangers: [],
  });
});

test("each option means what the help says", () => {
  const flags = [
    "--port 0 --host 0.0.0.0 --path /w --origins https://a.example,https://b.example:8443",
    "--admin-port 4681 --admin-host 10.0.0.1 --data ./data --postgres postgres://u:p@h/d",
    "--retain-messages 500 --retain-age 30d --retain-bytes 8m --wait 1.5m",
    "--token 0123456789abcdef --max-connections 5 --max-connections-per-principal 4",
    "--max-frames-per-second 3 --max-bytes-per-second 64k --producer-lease 500ms",
    "--producer-lost 1h --drain 90 --log-level debug",
  ];
  expect(parse(flags.join(" "))).toEqual({
    listen: {
      port: 0,
      host: "0.0.0.0",
      path: "/w",
      origins: ["https://a.example", "https://b.example:8443"],
      admin: { port: 4681, host: "10.0.0.1" },
    },
    data: {
      folder: "./data",
      postgres: "postgres://u:p@h/d",
      retention: { messages: 500, age: 30 * 86_400_000, bytes: 8 << 20 },
      wait: 90_000,
    },
    access: { tokens: [{ name: "token", token: "0123456789abcdef" }] },
    limits: {
      connections: 5,
      connectionsPerPrincipal: 4,
      framesPerSecond: 3,
      bytesPerSecond: 64 << 10,
      lease: 500,
      lost: 3_600_000,
    },
    logLevel: "debug",
    drain: 90_000,
    strangers: [],
  });
});

describe("the environment", () => {
  test("stands for every flag that is not given", () => {
    const env = { DELTAWIRE_PORT: "1", DELTAWIRE_HOST: "10.0.0.1", DELTAWIRE_RETAIN_AGE: "5m" };
    expect(parse("--port 2", env).listen).toEqual({ port: 2, host: "10.0.0.1" });
    expect(parse("--port=2", env).data.retention).toEqual({ age: 300_000 });
  });

  test("is named where it is wrong, and its secrets are not shown", () => {
    expect(() => parse("", { DELTAWIRE_PORT: "x" })).toThrow("DELTAWIRE_PORT x: give a whole");
    const wrong = () => parse("", { DELTAWIRE_POSTGRES: "mysql://me:s3cret@h" });
    expect(wrong).toThrow(/^DELTAWIRE_POSTGRES: give postgres:/);
    expect(wrong).not.toThrow("s3cret");
    expect(() => parse("", { DELTAWIRE_TOKEN: "s3cret" })).not.toThrow("s3cret");
    expect(() => parse("", { DELTAWIRE_JWT_SECRET: "s3cret" })).not.toThrow("s3cret");
  });

  test("that a Compose file leaves empty is not given", () => {
    expect(parse("", { DELTAWIRE_PORT: "", DELTAWIRE_TOKEN: "" }).listen).toEqual({});
  });

  test("of Kubernetes for a service of this name is not taken for ours", () => {
    const env = {
      DELTAWIRE_PORT: "tcp://10.3.2.1:4680",
      DELTAWIRE_PORT_4680_TCP: "tcp://10.3.2.1:4680",
      DELTAWIRE_PORT_4680_TCP_ADDR: "10.3.2.1",
      DELTAWIRE_SERVICE_HOST: "10.3.2.1",
      DELTAWIRE_SERVICE_PORT_WIRE: "4680",
    };
    expect(parse("", env)).toMatchObject({ listen: {}, strangers: [] });
  });

  test("with a variable of no option is told of, since it is misspelled", () => {
    expect(parse("", { DELTAWIRE_TOKENS: "x", OTHER: "y" }).strangers).toEqual([
      "DELTAWIRE_TOKENS",
    ]);
  });
});

describe("secrets", () => {
  test("come from files, without the space around them", () => {
    expect(parse("--redis-file /run/redis").data.redis).toBe("redis://:pass@redis:6379");
    expect(parse("--jwt-secret-file /run/secret").access.jwt?.key).toEqual({
      type: "secret",
      secret: new TextEncoder().encode(SECRET),
    });
    expect(parse("--token-file /run/token").access.tokens).toEqual([
      { name: "backend", token: "0123456789abcdef0123" },
      { name: "token", token: "0123456789abcdef4567" },
    ]);
  });

  test("of a flag win over those of a variable, whichever form they have", () => {
    const env = { DELTAWIRE_TOKEN: "fedcba9876543210" };
    expect(parse("--token-file /run/token", env).access.tokens).toHaveLength(2);
  });
});

test("JWTs are described by a key, an issuer, an audience and rights", () => {
  const { jwt } = parse(
    '--jwt-public-key /run/public.pem --jwt-issuer me --jwt-audience wire --jwt-rights {"subscribe":["a-*"]}',
  ).access;
  expect(jwt).toMatchObject({ issuer: "me", audience: "wire", key: { type: "public" } });
  expect(jwt?.rights?.allow("subscribe", "a-1")).toBe(true);
  expect(jwt?.rights?.allow("produce", "a-1")).toBe(false);
  expect(parse("--jwks https://id.example/keys").access.jwt?.key).toEqual({
    type: "remote",
    url: new URL("https://id.example/keys"),
  });
});

test.each([
  ["--prot 1", "there is no option --prot; see deltawire serve --help"],
  ["--tokn=s3cret", "there is no option --tokn; see"],
  ["now", "nothing is known of now; see"],
  ["--port", "--port needs a value"],
  ["--port --host x", "--port needs a value"],
  ["--port=", "--port needs a value"],
  ["--port 1 --port 2", "--port is given twice"],
  ["--port 65536", "--port 65536: give a whole number from 0 to 65535"],
  ["--port 1e3", "--port 1e3: give a whole number"],
  ["--max-connections 0", "--max-connections 0: give a whole number from 1"],
  ["--drain 0", "--drain 0: give seconds, or a number with ms, s, m, h or d"],
  ["--drain 5w", "--drain 5w: give seconds"],
  ["--retain-bytes 5t", "--retain-bytes 5t: give bytes, or a number with k, m or g"],
  ["--path wire", "--path wire: a path begins with /"],
  ["--origins https://a.example/", '--origins: "https://a.example/" is none: https://app.example'],
  ["--origins https://a.example,", '--origins: "" is none'],
  ["--admin-host 0.0.0.0", "--admin-host is of no use without --admin-port"],
  ["--log-level loud", "--log-level loud: there are debug, info, warn, error, silent"],
  ["--data d --redis redis://h", "--data and --redis: a log is in one place"],
  ["--redis http://h", "--redis: give redis://HOST:PORT"],
  ["--redis redis://h --redis-file /run/redis", "--redis and --redis-file: give only one"],
  ["--token short", "--token: give TOKEN, or NAME TOKEN, of 16 or more"],
  ["--token-file /run/none", "--token-file /run/none: ENOENT: no such file"],
  ["--token-file /run/empty", "--token-file /run/empty: the file is empty"],
  ["--token-file /run/public.pem", "--token-file /run/public.pem, line 1: give TOKEN"],
  ["--jwt-secret short", "--jwt-secret: give 32 bytes or more"],
  [`--jwt-secret ${SECRET} --jwks https://h`, "--jwt-secret and --jwks: give only one"],
  ["--jwt-public-key /run/private.pem", "a private key has no business here"],
  ["--jwt-public-key /run/token", "give a public key as PEM"],
  ["--jwt-public-key /run/small.pem", "a key of this kind cannot be used; give RSA of 2048 bits"],
  ["--jwt-public-key /run/x25519.pem", "a key of this kind cannot be used"],
  ["--jwks ftp://h", "--jwks ftp://h: give an URL"],
  ["--jwt-audience x", "--jwt-audience is of no use without a key"],
  [`--jwt-secret ${SECRET} --jwt-rights {`, "--jwt-rights: give JSON"],
  [
    `--jwt-secret ${SECRET} --jwt-rights {"read":[]}`,
    "--jwt-rights: there is no right read; there are subscribe, produce, command",
  ],
  [
    `--jwt-secret ${SECRET} --jwt-rights {"produce":"*"}`,
    "--jwt-rights: produce is a list of patterns",
  ],
])("%s is refused in one line", (line, message) => {
  let error: unknown;
  try {
    parse(line);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toContain(message);
  expect(String(error)).not.toMatch(/\n|s3cret/);
});

test("migrate needs a database, and takes nothing else", () => {
  const env = { DELTAWIRE_POSTGRES: "postgres://h/d", DELTAWIRE_PORT: "x" };
  expect(parseMigrateOptions([], env, read)).toEqual({ postgres: "postgres://h/d", wait: 30_000 });
  expect(() => parseMigrateOptions([], {}, read)).toThrow("give --postgres URL");
  expect(() => parseMigrateOptions(["--port", "1"], {}, read)).toThrow("there is no option --port");
  expect(parseMigrateOptions(["--help"], {}, read)).toBe("help");
});
