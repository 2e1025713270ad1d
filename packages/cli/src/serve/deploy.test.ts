import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SERVE_FLAGS, variableOf } from "./flags.js";
import { parseServeOptions } from "./options.js";

// What is in the files of a deployment is what the command takes, and what they say of each other.

const root = new URL("../../../../", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");

interface Service {
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
  readonly command?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

const compose = parse(read("compose.yaml"), { merge: true }) as Compose; // checked below
const haproxy = read("deploy/haproxy.cfg");
const dockerfile = read("Dockerfile");
const variables = SERVE_FLAGS.flatMap(({ flags }) => flags.map(({ name }) => variableOf(name)));

/** As Compose fills it in: `${NAME:?why}`, `${NAME:-otherwise}`. */
const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_all, name: string, kind: string, rest: string) => {
    const value = values[name] ?? (kind === "-" ? rest : undefined);
    return value ?? expect.fail(`${name} is not set: ${rest}`);
  });

const given = { DELTAWIRE_TOKEN: "0123456789abcdef", POSTGRES_PASSWORD: "pass" };
const environmentOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(compose.services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      fill(String(value), given),
    ]),
  );
/** `ENV` and its continuation lines. */
const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/(DELTAWIRE_\w+)=(\S+)/g)]
    .filter(([line]) => !line.includes('"'))
    .map(([, name = "", value = ""]) => [name, value]),
);

describe("compose.yaml", () => {
  test("has two servers, Redis, PostgreSQL and a load balancer", () => {
    const names = ["balancer", "postgres", "redis", "server-1", "server-2"];
    expect(Object.keys(compose.services).sort()).toEqual(names);
    for (const { networks, volumes = [], depends_on = {} } of Object.values(compose.services)) {
      for (const name of networks) expect(compose.networks).toHaveProperty(name);
      for (const volume of volumes) {
        const [source = ""] = volume.split(":");
        const isFile = source.startsWith("./");
        expect(isFile ? existsSync(new URL(source, root)) : source in compose.volumes).toBe(true);
      }
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(compose.services).toHaveProperty(name);
        expect(condition).toBe("service_healthy");
      }
    }
  });

  test.each(["server-1", "server-2"])("starts %s with what serve takes", (name) => {
    const env = { ...imageEnvironment, ...environmentOf(name) };
    expect(parseServeOptions([], env, () => "")).toEqual({
      listen: { host: "0.0.0.0", admin: { port: 4681, host: "0.0.0.0" } },
      data: {
        redis: "redis://redis:6379",
        postgres: "postgres://deltawire:pass@postgres:5432/deltawire",
        retention: {},
        wait: 60_000,
      },
      access: { tokens: [{ name: "token", token: given.DELTAWIRE_TOKEN }] },
      limits: { connectionsPerPrincipal: 10_000 },
      logLevel: "info",
      drain: 25_000,
      strangers: [],
    });
    const grace = Number.parseInt(compose.services[name]?.stop_grace_period ?? "", 10);
    expect(grace).toBeGreaterThan(25);
  });

  test("has a Redis that keeps what it acknowledged, and a database of the name in the URL", () => {
    expect(compose.services.redis?.command).toMatch(/--appendonly yes/);
    expect(compose.services.redis?.command).toMatch(/--maxmemory-policy noeviction/);
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = environmentOf("postgres");
    expect(environmentOf("server-1").DELTAWIRE_POSTGRES).toBe(
      `postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`,
    );
  });

  test("publishes the load balancer alone", () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports);
    expect(published.map(([name, { ports }]) => [name, ports])).toEqual([
      ["balancer", ["8080:8080"]],
    ]);
    expect(haproxy).toContain("bind :8080\n");
  });

  test.each(["DELTAWIRE_TOKEN", "POSTGRES_PASSWORD"])("does not start without %s", (name) => {
    const text = read("compose.yaml");
    const values: Record<string, string> = { ...given };
    expect(fill(text, values)).not.toMatch(/\$\{/);
    delete values[name];
    expect(() => fill(text, values)).toThrow(`${name} is not set: make one with openssl`);
  });
});

describe("deploy/haproxy.cfg", () => {
  test("sends clients to the servers of compose.yaml, where they listen", () => {
    const servers = [...haproxy.matchAll(/^ {2}server (\S+) (\S+):(\d+)$/gm)];
    const places = servers.map(([, name, host, port]) => `${name} ${host} ${port}`);
    const each = ["server-1 server-1 4680", "server-2 server-2 4680"];
    expect(places).toEqual([...each, ...each]);
    expect(haproxy).toMatch(/check port 4681/);
  });

  test("waits longer than the servers let anybody wait", () => {
    const seconds = (name: string) =>
      Number(new RegExp(`^ {2}timeout ${name} +(\\d+)s$`, "m").exec(haproxy)?.[1]);
    expect(seconds("client")).toBeGreaterThan(60); // MAX_WAIT of a long poll
    expect(seconds("server")).toBeGreaterThan(60);
    expect(haproxy).toMatch(/timeout tunnel +1h/);
  });
});

describe("Dockerfile", () => {
  test("sets variables that serve takes, and asks for health where it is answered", () => {
    for (const name of Object.keys(imageEnvironment)) expect(variables).toContain(name);
    expect(imageEnvironment).toMatchObject({ DELTAWIRE_HOST: "0.0.0.0" });
    expect(dockerfile).toMatch(/127\.0\.0\.1:\$\{process\.env\.DELTAWIRE_ADMIN_PORT\}\/health/);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["deltawire"\]$/m);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
  });

  test("is built without what is built already, or is secret", () => {
    const ignored = read(".dockerignore").split("\n");
    for (const files of ["**/node_modules", "**/dist", "**/.env", "**/.env.*", ".git"]) {
      expect(ignored).toContain(files);
    }
  });
});
