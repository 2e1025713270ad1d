import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { files } from "../scripts/vectors.js";

// The vectors are made by the shipped code, so that what is committed is what the code does; other
// implementations (tests/python.test.ts) hold the code to the text of PROTOCOL.md.
describe("spec/", () => {
  test.each(Object.entries(files))("%s is what the code makes", async (path, text) => {
    const committed = await readFile(new URL(`../spec/${path}`, import.meta.url), "utf8");
    // Where this fails, the wire has changed: run `node --import tsx scripts/vectors.ts`, read the
    // difference, and state it in PROTOCOL.md; a change that others can see needs a new version.
    expect(committed).toBe(text);
  });
});
