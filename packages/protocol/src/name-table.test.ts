import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NameTable } from "./name-table.js";

const words = fc.constantFrom("a", "/a", "/calls", "output", "漢".repeat(60), "~1", "__proto__");
const name = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.nat({ max: 90 }).map((n) => `/calls/${n}`),
  fc.nat({ max: 90 }).map((n) => `/calls/${n}/output`),
  fc.array(words, { maxLength: 60 }).map((list) => list.join("/")),
);

describe("a table of names", () => {
  it("reads what it writes, alike at both ends, within both bounds", () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 100, maxLength: 200 }), (names) => {
        const writer = new NameTable();
        const reader = new NameTable();
        const late = new NameTable();
        for (const one of names) {
          late.state(writer.stated);
          const written = writer.write(one, true);
          expect(reader.read(written, true)).toBe(one);
          expect(late.read(written, true)).toBe(one);
          expect(reader.stated).toEqual(writer.stated);
          expect(late.stated).toEqual(writer.stated);
        }
        const [, ...held] = writer.stated;
        expect(new Set(held).size).toBe(held.length);
        expect(held.length).toBeLessThanOrEqual(64);
        expect(new TextEncoder().encode(held.join("")).length).toBeLessThanOrEqual(2048);
        expect(held.every((one) => typeof one === "string" && one.length > 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("forgets the oldest, and numbers begin again", () => {
    const table = new NameTable();
    for (let i = 0; i < 130; i++) expect(table.write(`n${i}`, true)).toBe(`n${i}`);
    expect(table.stated.slice(0, 2)).toEqual([66, "n66"]);
    expect(table.write("n129", true)).toBe(1);
    expect(table.write("n65", false)).toBe("n65");
    expect(() => table.read(65, false)).toThrow("no name 65");
  });

  it("shortens a path by its longest beginning that is known", () => {
    const table = new NameTable();
    for (const path of ["/calls", "/calls/7", "/calls/7/outputs"]) table.intern(path);
    expect(table.write("/calls/7/output", true)).toEqual([1, "/output"]);
    expect(table.write("/calls/7/output", true)).toBe(3);
    expect(table.write("/calls/70/output", false)).toEqual([0, "/70/output"]);
    expect(table.write("/else", false)).toBe("/else");
  });

  it.each([[[-1, "ab"]], [[128, "ab"]], [["ab"]], [[0, "ab", "ab"]], [[0, "a"]], [[0, 7]], [[0]]])(
    "refuses %j as what is stated",
    (stated) => {
      expect(() => new NameTable().state(stated)).toThrow("name");
    },
  );

  it.each([[[0, 7]], [[9, "/a"]], [[0]], [9]])("refuses %j as a name", (written) => {
    const table = new NameTable();
    table.intern("ab");
    expect(() => table.read(written, true)).toThrow();
  });
});
