import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ImportGraph } from "./import-graph.js";
import { candidatesOf, importsIn, packageOf } from "./imports.js";

describe("what a file imports", () => {
  test("imports, exports, types, loads and requires are found; comments and strings are not", () => {
    const text = [
      'import { a } from "./a.js";',
      'import type { B } from "./b.js";',
      'export * from "./c.js";',
      'const d = await import("./d.js");',
      'const e = require("./e.js");',
      'import { f } from "./a.js";',
      '// import "./g.js"',
      'const h = "import from ./h.js";',
    ].join("\n");
    expect(importsIn(text)).toEqual(["./a.js", "./b.js", "./c.js", "./d.js", "./e.js"]);
  });

  test.each([
    ["src/a.ts", "./b.js", "src/b.ts"],
    ["src/a.ts", "./b", "src/b.tsx"],
    ["src/a.ts", "./b.js", "src/b.js"],
    ["src/a.ts", "../b", "b/index.ts"],
    ["src/a.ts", "..", "index.ts"],
    ["src/a.ts", "./", "src/index.ts"],
    ["a.ts", "./b.mjs", "b.mts"],
    ["a.ts", "./name.with.dots", "name.with.dots.ts"],
  ])("%s says %s: it may be %s", (from, specifier, path) => {
    expect(candidatesOf(from, specifier)).toContain(path);
  });

  test("nothing outside of the folder is meant", () => {
    expect(candidatesOf("src/a.ts", "../../b.js")).toEqual([]);
    expect(candidatesOf("a.ts", "..")).toEqual([]);
  });

  test.each([
    ["node:fs/promises", "node:fs"],
    ["@scope/name/deep", "@scope/name"],
    ["name", "name"],
  ])("%s is of the package %s", (specifier, name) => {
    expect(packageOf(specifier)).toBe(name);
  });
});

describe("a graph", () => {
  test("a file that comes, goes, or comes back concerns those that mean it", () => {
    const graph = new ImportGraph();
    graph.set("a.ts", ["./b.js", "node:fs"]);
    expect(graph.imports("a.ts")).toEqual({
      files: [],
      packages: ["node:fs"],
      missing: ["./b.js"],
    });
    expect(graph.set("b.ts", [])).toEqual(["b.ts", "a.ts"]);
    expect(graph.imports("a.ts")).toEqual({ files: ["b.ts"], packages: ["node:fs"], missing: [] });
    expect(graph.set("b.ts", ["./a.js"])).toEqual(["b.ts"]);
    expect(graph.delete("b.ts")).toEqual(["a.ts"]);
    expect(graph.imports("a.ts").missing).toEqual(["./b.js"]);
    expect(graph.delete("b.ts")).toEqual([]);
  });

  test("what is outside of the folder, and data, is not missing", () => {
    const graph = new ImportGraph();
    graph.set("src/a.ts", ["../../b.js", "./style.css", "./c.json", "./d"]);
    expect(graph.imports("src/a.ts")).toEqual({ files: [], packages: [], missing: ["./d"] });
  });

  test("whatever came and went: those that were told of are what a graph made anew says", () => {
    const paths = ["a.ts", "b.ts", "b.tsx", "c/index.ts", "c/d.ts", "c.ts"];
    const specifiers = ["./a", "./b.js", "../b", "./c", "../c", "./d.js", "./index.js", "pkg"];
    const step = fc.record({
      path: fc.constantFrom(...paths),
      says: fc.option(fc.uniqueArray(fc.constantFrom(...specifiers), { maxLength: 4 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const graph = new ImportGraph();
        const files = new Map<string, readonly string[]>();
        const told = new Map<string, unknown>();
        for (const { path, says } of steps) {
          const changed = says ? graph.set(path, says) : graph.delete(path);
          if (says) files.set(path, says);
          else files.delete(path);
          told.delete(path);
          for (const one of changed) told.set(one, graph.imports(one));
        }
        const anew = new ImportGraph();
        for (const [path, says] of files) anew.set(path, says);
        expect(new Map(told)).toEqual(
          new Map([...files.keys()].map((path) => [path, anew.imports(path)])),
        );
        for (const path of files.keys()) graph.delete(path);
        expect(graph.size).toBe(0);
      }),
    );
  });
});
