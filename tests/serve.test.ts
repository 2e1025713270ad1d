import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect, type Wire } from "@deltawire/client";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { realDatabase } from "./real/postgres.js";
import { type RealRedis, redisPart, startRedis } from "./real/redis.js";

// The command as it is deployed: two of it in processes of their own, on one Redis and one PostgreSQL.

const WHAT = "deltawire serve on Redis and PostgreSQL";
const part = await redisPart(WHAT);
const database = await realDatabase(WHAT);

const CLI = fileURLToPath(new URL("../packages/cli/src/cli.ts", import.meta.url));
const TSCONFIG = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
const children: ChildProcess[] = [];
const wires: Wire[] = [];
const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 50 });

afterAll(() => database?.close());

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<number | string>;
}

interface Ended {
  readonly code: number | null;
  readonly errors: string;
}

/** Runs the command to its end. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", CLI, ...args], {
    env: { PATH, HOME, TSX_TSCONFIG_PATH: TSCONFIG, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  const [code] = await once(child, "close");
  return { code, errors };
}

async function serve(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Running> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", CLI, "serve", ...args], {
    // From source, like everything here.
    env: { PATH, HOME, TSX_TSCONFIG_PATH: TSCONFIG, DELTAWIRE_LOG_LEVEL: "error", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const exited = once(child, "close").then(([code, signal]) => code ?? signal);
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    exited.then((code) => expect.fail(`it ended with ${code}`)),
  ]);
  return { child, url: String(line), exited };
}

function open(url: string): Wire {
  const wire = connect(url, { throttle: 0 });
  wires.push(wire);
  return wire;
}

describe.skipIf(part === undefined || database === undefined)("two servers", () => {
  let redis: RealRedis;
  let env: Readonly<Record<string, string>>;
  let first: Running;
  let second: Running;

  beforeAll(async () => {
    redis = await startRedis(part!, { appendonly: true });
    env = { DELTAWIRE_REDIS: redis.url, DELTAWIRE_POSTGRES: database!.url };
  });
  beforeEach(async () => {
    [first, second] = await Promise.all([serve(env, "--port", "0"), serve(env, "--port", "0")]);
  });
  afterEach(async () => {
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(async () => {
    await redis?.stop();
  });

  test("are one: what is written at the one is read at the other, and ends in PostgreSQL", async () => {
    const reader = open(second.url).channel("one");
    reader.subscribe(() => undefined);
    const reply = open(first.url).channel("one").write("turn");
    reply.append("Hello");
    await until(() => expect(reader.state.message("turn")?.text).toBe("Hello"));
    await reply.append(" there").complete();
    await until(() => expect(reader.state.message("turn")?.status).toBe("completed"));
    expect(reader.state.message("turn")?.text).toBe("Hello there");
    const client = new Client({ connectionString: database!.url });
    await client.connect();
    try {
      await until(async () => {
        const { rows } = await client.query(
          "select row_to_json(m)::text as row from deltawire.messages m where channel = 'one'",
        );
        expect(rows.map(({ row }) => row).join()).toContain("Hello there");
      });
    } finally {
      await client.end();
    }
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "go on at the same text after one got a %s",
    async (signal) => {
      const name = `moved-${signal}`;
      const { port } = new URL(first.url);
      const reader = open(second.url).channel(name);
      reader.subscribe(() => undefined);
      const reply = open(first.url).channel(name).write("turn");
      reply.append("before ");
      await until(() => expect(reader.state.message("turn")?.text).toBe("before "));
      first.child.kill(signal);
      expect(await first.exited).toBe(signal === "SIGTERM" ? 0 : signal);
      reply.append("after");
      first = await serve(env, "--port", port);
      await reply.complete();
      await until(() => expect(reader.state.message("turn")?.status).toBe("completed"));
      expect(reader.state.message("turn")?.text).toBe("before after");
      const late = open(first.url).channel(name);
      late.subscribe(() => undefined);
      await until(() => expect(late.state.message("turn")?.text).toBe("before after"));
    },
  );
});

describe.skipIf(database === undefined)("deltawire migrate", () => {
  test("makes the tables, and does nothing where they are there", async () => {
    const env = { DELTAWIRE_POSTGRES: database!.url };
    for (const _ of ["first", "second"]) {
      const { code, errors } = await run(["migrate"], env);
      expect([code, errors]).toEqual([0, expect.stringContaining("the tables are up to date")]);
    }
  });

  test("and serve end at once where there is no such database", async () => {
    const url = new URL(database!.url);
    url.pathname = "/nowhere";
    for (const command of ["migrate", "serve"]) {
      const { code, errors } = await run([command, "--postgres", url.href], {});
      expect(code).toBe(1);
      expect(errors).toMatch(/^deltawire: PostgreSQL at \S+ does not take us: .*"nowhere".*\n$/);
    }
  });
});
