import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const dist = new URL("../../packages/react/dist/", import.meta.url);

/** The directives that a script begins with. */
function directives(script: string): string[] {
  const [prologue = ""] = /^\s*(?:"[^"]*";?\s*)*/.exec(script) ?? [];
  return [...prologue.matchAll(/"([^"]*)"/g)].map(([, directive = ""]) => directive);
}

test.each(["index.js", "index.cjs"])(
  "%s, as it is built, is for client components",
  async (name) => {
    expect(directives(await readFile(new URL(name, dist), "utf8"))).toContain("use client");
  },
);
