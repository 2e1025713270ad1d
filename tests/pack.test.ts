import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "@deltawire/server";
import { build, createLogger } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { copyExample, copyServices, dependenciesOf, ExampleProgram } from "./pack-examples.js";
import { install, PACKAGES, pack, run } from "./packed.js";
import { neovimPart } from "./real/neovim.js";
import { realDatabase } from "./real/postgres.js";
import { redisPart, startRedis } from "./real/redis.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Programs of `examples/` that a team may start from. */
const EXAMPLES = ["agent-thread", "feed", "graph", "team-chat", "terminal"] as const;

let project: string;

const inProject = (command: string, ...args: string[]): Promise<string> =>
  run(project, command, ...args);

/** An empty project that has installed the packages as npm would publish them. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "deltawire-pack-"));
  const manifestHere = {
    name: "consumer",
    private: true,
    dependencies: await pack(project, ["deltawire-nvim"]),
    devDependencies: {
      "@types/node": manifest.devDependencies["@types/node"],
      ...(await dependenciesOf(...EXAMPLES)),
    },
  };
  await writeFile(join(project, "package.json"), JSON.stringify(manifestHere));
  await install(project);
  await copyServices(project);
}, 240_000);

afterAll(() => rm(project, { recursive: true, force: true }));

/** A program of this folder, compiled strictly against the packages where it is a project's own. */
async function compile(source: string, target: string): Promise<void> {
  await cp(join(root, "tests", source), join(project, target));
  await inProject(
    process.execPath,
    join(root, "node_modules/typescript/bin/tsc"),
    ...["--strict", "--exactOptionalPropertyTypes", "--target", "es2022"],
    ...["--module", "node16", "--types", "node", "--lib", "es2022,dom,dom.iterable"],
    target,
  );
}

test.each(PACKAGES)("@deltawire/%s holds what it publishes and nothing else", async (name) => {
  const folder = join(project, "node_modules/@deltawire", name);
  const files = await readdir(folder);
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "dist", "package.json"]));
  expect(files).not.toContain("src");
  expect(await readFile(join(folder, "package.json"), "utf8")).not.toContain("workspace:");
});

describe("a program that uses every package", () => {
  const formats = [
    ["an ES module", "mts", "mjs"],
    ["CommonJS", "cts", "cjs"],
  ] as const;

  test.each(formats)(
    "compiles and runs as %s",
    async (_format, extension, compiled) => {
      await compile("pack-consumer.ts", `consumer.${extension}`);
      const printed = await inProject(process.execPath, `consumer.${compiled}`);
      expect(printed).toBe("version 1, thread/reply: Hello, world 👋\n");
    },
    60_000,
  );
});

test("L39: a server on a folder is killed; the next one has what it had, and calls who was not told", async () => {
  await compile("pack-restart.ts", "restart.mts");
  const start = (task: string) =>
    inProject(process.execPath, "restart.mjs", join(project, "data"), task);
  await expect(start("write")).rejects.toMatchObject({ signal: "SIGKILL" });
  const printed = await start("read");
  expect(printed).toBe('completed: Hello, world 👋 | Hello, world 👋 ["thread","reply",0]\n');
}, 60_000);

test("the command starts", async () => {
  await expect(
    inProject(join(project, "node_modules/.bin/deltawire"), "--help"),
  ).resolves.toBeDefined();
});

const neovim = await neovimPart("the plugin as npm installs it");

test.runIf(neovim)(
  "Neovim streams a buffer with the plugin that npm has installed",
  async () => {
    const server = createServer();
    const { url } = await server.listen({ port: 0 });
    const plugin = join(project, "node_modules/deltawire-nvim");
    await inProject(
      join(neovim?.folder ?? "", "nvim"),
      ...["--headless", "--clean", "-n", "--cmd", `set runtimepath+=${plugin}`],
      ...[
        "-c",
        `DeltawireThread t ${url}`,
        "-c",
        "call setline(1, ['Hello', '👋'])",
        "-c",
        "qall!",
      ],
    );
    const held = server.channel("thread/t").state.messages;
    expect(held.map(({ text, status }) => [text, status])).toEqual([["Hello\n👋", "completed"]]);
    await server.close();
  },
  60_000,
);

/** What Vite makes of a page: its files, and what it warned of. */
async function page(source: string) {
  const input = join(project, "main.js");
  await writeFile(input, source);
  const warnings: string[] = [];
  const logger = createLogger("silent");
  logger.warn = (message) => warnings.push(message);
  logger.warnOnce = logger.warn;
  const result = await build({
    root: project,
    configFile: false,
    customLogger: logger,
    logLevel: "silent",
    build: { write: false, minify: false, rolldownOptions: { input } },
  });
  const chunks = [result]
    .flat()
    .flatMap((built) => ("output" in built ? built.output : []))
    .filter((file) => file.type === "chunk");
  return { chunks, warnings };
}

describe("a browser build", () => {
  test.each(["client", "client/reader", "client/lines", "react"])(
    "of %s holds nothing of Node",
    async (name) => {
      const source = `import * as all from "@deltawire/${name}";\nconsole.log(all);\n`;
      const { chunks, warnings } = await page(source);
      const modules = chunks.flatMap((chunk) => Object.keys(chunk.modules));
      expect(modules.some((id) => id.includes(`@deltawire/${name.split("/")[0]}/`))).toBe(true);
      const ofNode = /browser-external|node_modules\/ws\/|^node:/;
      expect(modules.filter((id) => ofNode.test(id))).toEqual([]);
      // Of "use client": what is for servers that render, a page's own bundle may lose.
      expect(warnings.filter((each) => !each.includes("MODULE_LEVEL_DIRECTIVE"))).toEqual([]);
    },
    60_000,
  );

  test("of a page that reads has no code that writes, and the rest in files for later", async () => {
    const { chunks } = await page(
      'import { connect } from "@deltawire/client/reader";\nconnect("/wire").channel("c");\n',
    );
    const first = chunks.filter((chunk) => chunk.isEntry);
    const atOnce = chunks.filter(
      ({ fileName, isEntry }) => isEntry || first.some(({ imports }) => imports.includes(fileName)),
    );
    const holds = (files: typeof chunks, name: string) =>
      files.some(({ code }) => new RegExp(`class ${name}\\b|\\b${name} = class`).test(code));
    expect(holds(atOnce, "ReadChannel")).toBe(true);
    expect(holds(chunks, "ChannelWriter")).toBe(false);
    for (const name of ["MsgpackCodec", "HttpConnection", "Composition"]) {
      expect([name, holds(atOnce, name), holds(chunks, name)]).toEqual([name, false, true]);
    }
  }, 60_000);
});

describe("a program of examples/, copied to where it is a project's own", async () => {
  const database = await realDatabase("the agent thread, from packed packages");
  const part = await redisPart("the import graph, from packed packages");
  const redis = part && (await startRedis(part));
  afterAll(() => Promise.all([database?.close(), redis?.stop()]));

  /** Builds an example's page and starts it; where its page is, and how it is ended. */
  async function start(name: (typeof EXAMPLES)[number]) {
    const folder = await copyExample(name, project);
    await inProject(join(project, "node_modules/.bin/vite"), "build", join(folder, "page"));
    const env = {
      ...(database && { DATABASE_URL: database.url }),
      ...(redis && { REDIS_URL: redis.url }),
    };
    const program = new ExampleProgram(folder, env, "--port", "0");
    const address = () =>
      /http:\/\/127\.0\.0\.1:\d+\//.exec(program.printed)?.[0] ?? program.printed;
    await expect.poll(address, { timeout: 30_000 }).toMatch(/^http/);
    const page = await fetch(address());
    expect(page.headers.get("content-type")).toMatch("text/html");
    expect(await page.text()).toMatch(/<script .*src="\.\/assets\//);
    return { program, url: address() };
  }

  test.skipIf(!database)(
    "agent-thread serves its page, and a turn of an old editor",
    async () => {
      const { program, url } = await start("agent-thread");
      const threads = async () => (await fetch(`${url}wire/channels/threads`)).text();
      await expect.poll(threads, { timeout: 30_000 }).toContain("Why does the upload test fail");
      expect(await program.end(), program.printed).toBe(0);
    },
    90_000,
  );

  test.skipIf(!database)(
    "feed serves its page, and a feed",
    async () => {
      const { program, url } = await start("feed");
      const feed = await (await fetch(`${url}feed/ann?limit=3`)).json();
      expect(feed).toMatchObject({ items: { length: 3 }, failed: [] });
      expect(await program.end(), program.printed).toBe(0);
    },
    90_000,
  );

  test.skipIf(!part)(
    "graph serves its page, and its own imports",
    async () => {
      const { program, url } = await start("graph");
      const graph = async () => (await fetch(`${url}wire/channels/graph%2Fmain`)).text();
      await expect.poll(graph, { timeout: 30_000 }).toContain("import-graph.ts");
      expect(await program.end(), program.printed).toBe(0);
    },
    90_000,
  );

  test("team-chat serves its page, and what its frames took", async () => {
    const { program, url } = await start("team-chat");
    const payload = await (await fetch(`${url}payload`)).json();
    expect(payload).toMatchObject({ original: expect.any(Number) });
    expect(await program.end(), program.printed).toBe(0);
  }, 90_000);

  test("terminal serves its page, and a shell", async () => {
    const { program } = await start("terminal");
    expect(await program.end(), program.printed).toBe(0);
  }, 90_000);
});
