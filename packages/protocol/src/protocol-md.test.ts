import { readdirSync, readFileSync } from "node:fs";
import { type Frame, parseFrame, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { COMPRESSED } from "./compressed-forms.js";
import { DICTIONARY } from "./dictionary.js";
import { ARRAY } from "./msgpack-codec.js";
import { KINDS, OPERATIONS, STATUSES, TUPLE } from "./msgpack-tuples.js";
import { stateOf } from "./testing/vectors.js";
import type { Wire } from "./wire.js";

// PROTOCOL.md is executable: its bytes and codes are those of the codec.

const document = readFileSync(new URL("../../../spec/PROTOCOL.md", import.meta.url), "utf8");

/** Each pair of a JSON example and its bytes: a line is a message, an indented line goes on. */
const EXAMPLE = /^```json\n([^`]*)^```\n\n^```hex (up|down)( deflate)?\n([^`]*)^```$/gm;

const examples = [...document.matchAll(EXAMPLE)].map((match) => {
  const [, json = "", direction, deflated, hex = ""] = match;
  const messages = hex.trimEnd().split(/\n(?! )/);
  return {
    line: document.slice(0, match.index).split("\n").length,
    frame: parseFrame(JSON.parse(json), "base64"),
    direction,
    isDeflated: deflated !== undefined,
    messages: messages.map((message) => message.split(/\s+/).join(" ")),
  };
});

/** Keeps the replicas of a client, as an engine does. */
function follow(replicas: Map<string, ChannelState>, frame: Frame): void {
  if (frame.type === "snapshot") replicas.set(frame.channel, stateOf(frame, frame.seq));
  const replica = frame.type === "changes" ? replicas.get(frame.channel) : undefined;
  if (frame.type !== "changes" || replica?.seq !== frame.from) return;
  replicas.set(frame.channel, apply(replica, frame));
}

function hexOf(message: Wire): string {
  expect(message).toBeInstanceOf(Uint8Array);
  return [...Buffer.from(message as Uint8Array)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(" ");
}

/** The codes of a table in the document, by the name in its first column. */
function codesIn(heading: string): Record<string, number> {
  const start = document.indexOf(`\n#### ${heading}\n`);
  const section = document.slice(start, document.indexOf("\n#", start + 6));
  const rows = section.matchAll(/^\| `?([\w-]+)`? +\| (\d+)\b/gm);
  return Object.fromEntries([...rows].map(([, name, code]) => [name, Number(code)]));
}

const listed = (names: readonly string[]): string =>
  names.map((name, code) => `\`${name}\` ${code}`).join(", ");

describe("PROTOCOL.md", () => {
  it("shows the bytes that the codec writes and reads, on one connection", () => {
    expect(examples).toHaveLength(document.split("```hex").length - 1);
    expect(examples.length).toBeGreaterThan(10);
    const replicas = new Map<string, ChannelState>();
    const client = createCodec(SUBPROTOCOLS.msgpack, (channel) => replicas.get(channel));
    const server = createCodec(SUBPROTOCOLS.msgpack);
    for (const { line, frame, direction, isDeflated, messages } of examples) {
      const [from, to] = direction === "up" ? [client, server] : [server, client];
      if (!isDeflated) expect(from.encode(frame).map(hexOf), `line ${line}`).toEqual(messages);
      const bytes = messages.map((hex) =>
        Uint8Array.from(Buffer.from(hex.replace(/ /g, ""), "hex")),
      );
      const decoded = bytes.map((message) => to.decode(message));
      expect(decoded.at(-1), `line ${line}`).toEqual(frame);
      expect(decoded.slice(0, -1).every((other) => other === undefined)).toBe(true);
      if (direction === "down") follow(replicas, frame);
    }
    expect(examples.filter(({ isDeflated }) => isDeflated)).toHaveLength(5);
  });

  it("has the first bytes of compressed forms, and the bounds of a dictionary", () => {
    const [, rest = ""] = document.split("\n#### Compressed forms\n");
    const [section = "", dictionary = ""] = rest.split("\n#### Dictionary\n");
    const rows = [...section.matchAll(/^\| 0x(\w\w),/gm)].map(([, byte = ""]) =>
      Number.parseInt(byte, 16),
    );
    expect(rows).toEqual(Object.values(COMPRESSED));
    const { bytes, items, members, recent } = DICTIONARY;
    const [text = ""] = dictionary.split("\n#");
    for (const [bound, of] of [
      [bytes, "bytes"],
      [items, "items"],
      [members, "members"],
    ] as const) {
      expect(text).toContain(`${bound.toLocaleString("en-US")} ${of}`);
    }
    expect(document).toContain(`the last ${recent.toLocaleString("en-US")} of those`);
  });

  it("has the codes of arrays and tuples", () => {
    const { changes, catch_up, snapshot, checkpoint, leap } = ARRAY;
    expect(codesIn("Array frames")).toEqual({
      changes,
      "catch-up": catch_up,
      snapshot,
      checkpoint,
      leap,
    });
    expect(document).toContain(`\`[${ARRAY.select}, number]\``);
    expect(codesIn("Tuples")).toEqual(TUPLE);
  });

  it("has the codes of kinds, statuses and operations", () => {
    const flowed = document.replace(/\s+/g, " ");
    for (const names of [KINDS, STATUSES, OPERATIONS]) expect(flowed).toContain(listed(names));
  });

  it("has a row of the state table for every tuple", () => {
    for (const name of Object.keys(TUPLE)) expect(document).toContain(`| · \`${name}\``);
  });

  it("has the sections that the source refers to", () => {
    const titles = new Set([...document.matchAll(/^#+ (?:[\d.]+ )?(.+)$/gm)].map(([, t]) => t));
    const folder = new URL("./", import.meta.url);
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
      const source = readFileSync(new URL(file, folder), "utf8").replace(/\n *(\*|\/\/) /g, " ");
      for (const [, title] of source.matchAll(/PROTOCOL\.md, "([^"]+)"/g)) {
        expect(titles, file).toContain(title);
      }
    }
  });
});
