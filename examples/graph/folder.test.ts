import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createServer, type Server } from "@deltawire/server";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { watchFolder } from "./folder.js";

/** A folder with these files. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-graph-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) await put(folder, path, text);
  return folder;
}

async function put(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

async function watched(folder: string, server: Server = createServer()) {
  onTestFinished(() => server.close());
  const close = await watchFolder(server, folder);
  onTestFinished(close);
  const channel = server.channel("graph/main");
  /** The graph as its viewers have it: the edges of each file, and what is not there. */
  const edges = () =>
    Object.fromEntries(
      channel.state.messages.map((message) => {
        const { id } = message;
        const part = message.part("imports");
        const { files = [], missing = [] } = Object(part?.kind === "json" ? part.value : {});
        return [id, [...files, ...missing.map((one: string) => `? ${one}`)].join(" ")];
      }),
    );
  const comes = (expected: object) => expect.poll(edges, { timeout: 20_000 }).toEqual(expected);
  return { channel, edges, comes, close };
}

test("a folder is a graph: files are nodes, imports edges, the rest is left out", async () => {
  const folder = await folderOf({
    "a.ts": 'import "./src/b.js"; import fs from "node:fs";',
    "src/b.ts": 'export * from "./deep/c.js";',
    "src/deep/c.tsx": 'import "../../gone.js";',
    "readme.md": 'import "./a.js"',
    "node_modules/x/index.js": "",
    ".git/hook.js": "",
    "src/dist/out.js": "",
  });
  const { channel, edges } = await watched(folder);
  expect(edges()).toEqual({
    "a.ts": "src/b.ts",
    "src/b.ts": "src/deep/c.tsx",
    "src/deep/c.tsx": "? ../../gone.js",
  });
  expect(channel.state.attributes).toEqual({ files: 3, folders: { "src/": 2, "src/deep/": 1 } });
  expect(channel.state.message("src/deep/c.tsx")?.attributes).toEqual({ folder: "src/deep/" });
});

test("files come, change, are renamed and go: nodes and edges follow", async () => {
  const folder = await folderOf({ "a.ts": 'import "./b.js";', "b.ts": "" });
  const { channel, comes } = await watched(folder);
  await comes({ "a.ts": "b.ts", "b.ts": "" });
  await put(folder, "new/c.ts", 'import "../a.js";');
  await comes({ "a.ts": "b.ts", "b.ts": "", "new/c.ts": "a.ts" });
  await put(folder, "a.ts", 'import "./b.js"; import "./new/c.js";');
  await comes({ "a.ts": "b.ts new/c.ts", "b.ts": "", "new/c.ts": "a.ts" });
  await rename(join(folder, "b.ts"), join(folder, "d.ts"));
  await comes({ "a.ts": "new/c.ts ? ./b.js", "new/c.ts": "a.ts", "d.ts": "" });
  await rename(join(folder, "d.ts"), join(folder, "b.ts")); // a node that was there before
  await comes({ "a.ts": "b.ts new/c.ts", "new/c.ts": "a.ts", "b.ts": "" });
  await rm(join(folder, "new"), { recursive: true });
  await comes({ "a.ts": "b.ts ? ./new/c.js", "b.ts": "" });
  await expect.poll(() => channel.state.attributes).toEqual({ files: 2, folders: {} });
});

test("a save by rename is a change; many saves at once end in the last one", async () => {
  const folder = await folderOf({ "a.ts": "", "b.ts": "", "c.ts": "" });
  const { channel, comes } = await watched(folder);
  const generation = channel.state.message("a.ts")?.generation;
  await put(folder, "a.ts.tmp", 'import "./b.js";');
  await rename(join(folder, "a.ts.tmp"), join(folder, "a.ts"));
  await comes({ "a.ts": "b.ts", "b.ts": "", "c.ts": "" });
  for (let i = 0; i < 20; i++) await put(folder, "a.ts", `import "./${i % 2 ? "c" : "b"}.js";`);
  await comes({ "a.ts": "c.ts", "b.ts": "", "c.ts": "" });
  expect(channel.state.message("a.ts")?.generation).toBe(generation);
});

test("whatever is done at once, the graph ends as the folder is", async () => {
  const folder = await folderOf({ "a.ts": "" });
  const { comes } = await watched(folder);
  const names = ["a.ts", "b.ts", "in/c.ts", "in/d.ts", "out/c.ts"];
  const name = fc.constantFrom(...names);
  const step = fc.oneof(
    fc.record({ save: name, of: fc.constantFrom(...names.map((each) => `/${each}`), "none") }),
    fc.record({ remove: name }),
    fc.record({ from: name, to: name }),
    fc.constantFrom({ from: "in", to: "out" }, { from: "out", to: "in" }, { remove: "in" }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      for (const it of steps) {
        if ("save" in it) {
          const up = it.save.includes("/") ? ".." : ".";
          await put(folder, it.save, `import "${it.of.startsWith("/") ? up + it.of : it.of}";`);
        } else if ("remove" in it)
          await rm(join(folder, it.remove), { recursive: true, force: true });
        else await rename(join(folder, it.from), join(folder, it.to)).catch(() => undefined);
      }
      const there = await watched(folder);
      const expected = there.edges();
      there.close();
      await comes(expected);
    }),
    { numRuns: 8 },
  );
});

test("what an earlier run has left in the channel goes", async () => {
  const server = createServer();
  const folder = await folderOf({ "a.ts": 'import "./b.js";', "b.ts": "" });
  const { close } = await watched(folder, server);
  close();
  await rm(join(folder, "b.ts"));
  const { comes } = await watched(folder, server);
  await comes({ "a.ts": "? ./b.js" });
});
