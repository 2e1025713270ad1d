import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { environment, install, pack, run } from "./packed.js";
import { realBrowser } from "./real/chromium.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { devDependencies: versions } = manifest;

/** What a new project of Vite's template for React and TypeScript holds, and this test needs. */
const TEMPLATE = {
  "index.html": `<!doctype html>
<html lang="en">
  <head><meta charset="UTF-8" /><link rel="icon" href="data:," /><title>my-page</title></head>
  <body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body>
</html>`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      ...{ target: "es2022", lib: ["ES2022", "DOM", "DOM.Iterable"], types: ["vite/client"] },
      ...{ module: "esnext", moduleResolution: "bundler", allowImportingTsExtensions: true },
      ...{ verbatimModuleSyntax: true, moduleDetection: "force", noEmit: true, jsx: "react-jsx" },
      ...{ strict: true, noUnusedLocals: true, noUnusedParameters: true, skipLibCheck: true },
      ...{ erasableSyntaxOnly: true, noFallthroughCasesInSwitch: true },
    },
    include: ["src"],
  }),
};

const browser: Browser | undefined = await realBrowser("the README's first page");

describe.skipIf(!browser)("a newcomer's page, by the README of @deltawire/react", () => {
  let project: string;
  const programs: ChildProcess[] = [];

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "deltawire-newcomer-"));
    const packed = await pack(project);
    const { files } = await readme();
    await writeFile(
      join(project, "package.json"),
      JSON.stringify({
        ...{ name: "my-page", private: true, type: "module" },
        dependencies: {
          react: versions.react,
          "react-dom": versions["react-dom"],
          // The packages that these need are beside them, and not on the registry.
          ...packed,
        },
        devDependencies: {
          "@types/react": versions["@types/react"],
          "@types/react-dom": versions["@types/react-dom"],
          "@vitejs/plugin-react": versions["@vitejs/plugin-react"],
          vite: versions.vite,
        },
      }),
    );
    await mkdir(join(project, "src"));
    for (const [name, content] of Object.entries({ ...TEMPLATE, ...files })) {
      await writeFile(join(project, name), content);
    }
    await install(project);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    for (const program of programs) program.kill();
    await Promise.all(programs.map((program) => program.exitCode ?? once(program, "exit")));
    await rm(project, { recursive: true, force: true });
  });

  /** Starts a program of the project; resolves with what it says its address is. */
  function start(pattern: RegExp, command: string, ...args: string[]): Promise<string> {
    const path = join(project, "node_modules/.bin", command);
    const program = spawn(path, args, { cwd: project, env: { ...environment(), NO_COLOR: "1" } });
    programs.push(program);
    let printed = "";
    return new Promise((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        printed += chunk;
        const [, found] = pattern.exec(printed) ?? [];
        if (found) resolve(found);
      };
      program.stdout.on("data", read);
      program.stderr.on("data", read);
      program.once("exit", (code) =>
        reject(new Error(`${command} ended with ${code}: ${printed}`)),
      );
    });
  }

  test("imports no more of ours than it was told to install", async () => {
    const { commands, files } = await readme();
    const named = (text: string) => new Set(text.match(/@deltawire\/\w+/g));
    const imported = named(Object.values(files).join("\n"));
    expect([...imported].sort()).toEqual(["@deltawire/client", "@deltawire/react"]);
    expect(named(commands.join("\n"))).toEqual(new Set([...imported, "@deltawire/cli"]));
  });

  test("compiles, and builds without a warning", async () => {
    await run(project, process.execPath, join(root, "node_modules/typescript/bin/tsc"));
    const printed = await run(project, join(project, "node_modules/.bin/vite"), "build");
    expect(printed).toContain("built in");
    expect(printed).not.toMatch(/warn/i);
  }, 60_000);

  test("shows what one window writes in the other as it comes, and after a reload", async () => {
    const { commands } = await readme();
    expect(commands.join("\n")).toContain("npx deltawire serve");
    const port = await start(/127\.0\.0\.1:(\d+)/, "deltawire", "serve", "--port", "0");
    const config = join(project, "vite.config.ts");
    await writeFile(config, (await readFile(config, "utf8")).replace("4680", port));
    const url = await start(/(http:\/\/\S+)/, "vite", "--port", "0", "--host", "127.0.0.1");

    const [writer, reader] = await Promise.all([open(url), open(url)]);
    await writer.page.getByText("live").waitFor();
    await reader.page.getByText("live").waitFor();
    await writer.page.getByRole("button").click();
    await reader.page.waitForFunction(isGrowing);
    await reader.page.reload();
    for (const { page, complaints } of [writer, reader]) {
      await page.getByText("This text grows wherever it is read.", { exact: true }).waitFor();
      expect(complaints).toEqual([]);
    }
  }, 90_000);
});

/** Whether a page shows the beginning of a text. */
function isGrowing(): boolean {
  const text = document.querySelector("p")?.textContent ?? "";
  return text.startsWith("This") && !text.endsWith(".");
}

async function open(url: string): Promise<{ page: Page; complaints: string[] }> {
  if (!browser) throw new Error("skipped without a browser");
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

/** What the README says under "In 30 lines": lines to type, and files by name. */
async function readme(): Promise<{ commands: string[]; files: Record<string, string> }> {
  const text = await readFile(join(root, "packages/react/README.md"), "utf8");
  const [, section = ""] = /\n## In 30 lines\n([\s\S]*?)\n## /.exec(text) ?? [];
  const blocks = [...section.matchAll(/(?:^|\n)([^\n]*)\n*\n```(\w+)\n([\s\S]*?)\n```/g)];
  const commands = blocks.flatMap(([, , language, code = ""]) =>
    language === "sh" ? code.split("\n") : [],
  );
  const files: Record<string, string> = {};
  for (const [, before = "", language, code = ""] of blocks) {
    const [, name] = /`([\w./]+\.tsx?)`/.exec(before) ?? [];
    if (language !== "sh" && name !== undefined) files[name] = code;
  }
  return { commands, files };
}
