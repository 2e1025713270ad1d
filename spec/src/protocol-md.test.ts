import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLOSE_CODES } from "./close-codes.js";
import { ERROR_CODES } from "./errors.js";
import { FRAME_SHAPES, shapesOf } from "./frame-shapes.js";
import { parseFrame } from "./gate.js";
import { LIMITS } from "./limits.js";
import type { Shape } from "./shape.js";

import { PROTOCOL_VERSION, SUBPROTOCOLS } from "./version.js";

// PROTOCOL.md is executable: what it says of frames, limits and codes is what the gate does.

const document = readFileSync(new URL("../PROTOCOL.md", import.meta.url), "utf8");

/** The text below each heading, up to the next heading; a number before the title is left off. */
const sections = new Map(
  document
    .split(/^#{1,4} /m)
    .slice(1)
    .map((section) => {
      const [title = "", ...lines] = section.split("\n");
      return [title.replace(/^[\d.]+ /, ""), lines.join("\n")] as const;
    }),
);

function section(title: string): string {
  return sections.get(title) ?? expect.fail(`PROTOCOL.md has no heading "${title}"`);
}

/** The cells of the rows of the first table in a text, without its head. */
function table(text: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| --"));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 1, end < 0 ? undefined : end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const bare = (cell = ""): string => cell.replace(/`/g, "");

/** Every member of the unions over `type` in a shape: changes, and changes of parts. */
function* changeShapes(shape: Shape): Generator<[string, Shape]> {
  if (shape.is === "optional" || shape.is === "list") yield* changeShapes(shape.of);
  if (shape.is === "object") {
    for (const field of Object.values(shape.fields)) yield* changeShapes(field);
  }
  if (shape.is === "union") {
    for (const [name, member] of Object.entries(shapesOf(shape))) {
      if (shape.tag === "type") yield [name, member];
      yield* changeShapes(member);
    }
  }
}

const frames = Object.entries(FRAME_SHAPES);
const changes = [...changeShapes(FRAME_SHAPES.changes)];

/** The limit that a shape has and the default does not, if any. */
function limitOf(shape: Shape): string | undefined {
  if (shape.is === "optional") return limitOf(shape.of);
  if (shape.is === "text" || shape.is === "json") return shape.limit;
  return shape.is === "list" && shape.limit !== "max_list_length" ? shape.limit : undefined;
}

/** The JSON examples, each a whole frame: a single change is put into one. */
const examples = [...document.matchAll(/^```json( change)?\n(.*?)^```$/gms)].map((match) => {
  const [, change, text = ""] = match;
  const line = document.slice(0, match.index).split("\n").length;
  const value: unknown = JSON.parse(text);
  const frame = { type: "changes", channel: "c", from: 0, to: 1, changes: [value] };
  return { line, frame: change ? frame : value };
});

describe("PROTOCOL.md", () => {
  it("knows every kind of frame and of change", () => {
    expect(frames.length).toBeGreaterThan(10);
    expect(changes.map(([name]) => name)).toContain("message_added");
    expect(changes.map(([name]) => name)).toContain("text_splice");
  });

  it.each([...frames, ...changes])("states the fields of %s", (name, shape) => {
    const fields = shape.is === "object" ? Object.entries(shape.fields) : [];
    const expected = fields.filter(([field]) => field !== "type");
    const rows = table(section(name));
    expect(rows.map(([field, , required]) => `${bare(field)}: ${required}`)).toEqual(
      expected.map(([field, { is }]) => `${field}: ${is === "optional" ? "no" : "yes"}`),
    );
    expected.forEach(([field, inner], i) => {
      const limit = limitOf(inner);
      const limits = [...(rows[i]?.[1] ?? "").matchAll(/`(max_\w+)`/g)].map(([, of]) => of);
      expect(limits, field).toEqual(limit ? [limit] : []);
    });
  });

  it.each(examples)("shows in line $line what the gate takes", ({ frame }) => {
    const parsed = parseFrame(frame, "base64");
    const plain = JSON.stringify(parsed, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
    );
    expect(JSON.parse(plain), "without a field that the gate drops").toEqual(frame);
  });

  it("has an example of every kind of frame and of change", () => {
    const types = new Set<unknown>();
    JSON.stringify(examples, (key, value: unknown) => {
      if (key === "type") types.add(value);
      return value;
    });
    for (const [name] of [...frames, ...changes]) expect(types, name).toContain(name);
  });

  it("has every limit, with its value", () => {
    const rows = table(section("Limits")).map(([name, value = ""]) => [
      bare(name),
      Number(value.replace(/,/g, "")),
    ]);
    expect(rows).toEqual(Object.entries(LIMITS));
  });

  it("has every error code, in its group", () => {
    const rows = table(section("Errors")).map(([code, group]) => [bare(code), group]);
    const codes = Object.entries(ERROR_CODES).flatMap(([group, members]) =>
      members.map((code) => [code, group]),
    );
    expect(rows).toEqual(codes);
  });

  it("has every close code", () => {
    const rows = table(section("Close codes")).map(([code, name]) => [bare(name), Number(code)]);
    expect(rows).toEqual(Object.entries(CLOSE_CODES));
  });

  it("names the version and the subprotocols", () => {
    expect(document).toContain(`# The Deltawire protocol, version ${PROTOCOL_VERSION}\n`);
    expect(section("JSON codec")).toContain(`\`${SUBPROTOCOLS.json}\``);
    expect(section("MessagePack codec")).toContain(`\`${SUBPROTOCOLS.msgpack}\``);
  });

  it("has the sections that the source refers to", () => {
    const folder = new URL("./", import.meta.url);
    const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
    const source = sources.join("\n").replace(/\n *(\*|\/\/) /g, " ");
    const titles = [...source.matchAll(/PROTOCOL\.md, "([^"]+)"/g)].map(([, t]) => t);
    expect(titles.length).toBeGreaterThan(10);
    for (const title of titles) expect([...sections.keys()]).toContain(title);
  });

  it("links to sections that are there", () => {
    const anchors = [...document.matchAll(/^#{1,4} (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replace(/ /g, "-"),
    );
    expect(new Set(anchors).size, "two headings have one anchor").toBe(anchors.length);
    for (const [, anchor] of document.matchAll(/\]\(#([^)]+)\)/g))
      expect(anchors).toContain(anchor);
  });
});
