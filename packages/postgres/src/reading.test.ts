import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realDatabase } from "../../../tests/real/postgres.js";
import { postgresStore } from "./postgres-store.js";
import { grown, saveOf, whole } from "./testing/saves.js";

const database = await realDatabase("reading what is stored in PostgreSQL by SQL");

describe.skipIf(database === undefined)("reading by SQL", () => {
  const pool = new Pool({ connectionString: database?.url ?? "" });
  const schema = `reading_${process.pid}`;
  const store = postgresStore(pool, { schema });

  beforeAll(() => store.migrate());

  afterAll(async () => {
    await pool.query(`drop schema ${schema} cascade`);
    await pool.end();
    await database?.close();
  });

  /** What a query says, by rows. */
  const read = async (text: string, ...values: readonly unknown[]): Promise<readonly unknown[]> =>
    (await pool.query({ text: text.replaceAll("{}", schema), values: [...values] })).rows;

  it("L9: finds structure where structure was", async () => {
    const parts = [
      { id: "text", kind: "text", text: "Looking.\n\nDone." },
      { id: "tool-1", kind: "json", value: { name: "grep", lines: [1, 2], args: { z: 1, a: 2 } } },
      { id: "output", kind: "bytes", bytes: Uint8Array.of(0, 255, 10) },
    ] as const;
    const message = whole("turn", 7, "", { parts, attributes: { cost: 3 }, kind: "reply" });
    await store.save([saveOf("thread", 1, [message], { attributes: { title: "A title" } })]);

    expect(await read(`select attributes ->> 'title' as title from {}.channels`)).toEqual([
      { title: "A title" },
    ]);
    expect(
      await read(
        `select m.id, part ->> 'id' as part, part -> 'value' ->> 'name' as tool,
          decode(part ->> 'bytes', 'base64') as bytes
        from {}.messages m, json_array_elements(m.parts) part
        where m.channel = 'thread' and m.attributes @> '{"cost": 3}'`,
      ),
    ).toEqual([
      { id: "turn", part: "text", tool: null, bytes: null },
      { id: "turn", part: "tool-1", tool: "grep", bytes: null },
      { id: "turn", part: "output", tool: null, bytes: Buffer.from([0, 255, 10]) },
    ]);
    expect(await read(`select text, role, kind, is_behind from {}.message_texts`)).toEqual([
      { text: "Looking.\n\nDone.", role: "assistant", kind: "reply", is_behind: false },
    ]);
    const [held] = (await store.load("thread"))?.messages ?? [];
    expect(JSON.stringify(held?.message.parts[1])).toBe(JSON.stringify(parts[1])); // keys in order
  });

  it("says of a text that later changes are in patches", async () => {
    await store.save([saveOf("open", 1, [whole("turn", 1, "Hello")])]);
    await store.save([saveOf("open", 2, [grown("turn", 1, 5, " world")])]);
    const where = "where channel = 'open'";
    expect(await read(`select text, is_behind from {}.message_texts ${where}`)).toEqual([
      { text: "Hello", is_behind: true },
    ]);
    await store.save([
      saveOf("open", 3, [whole("turn", 1, "Hello world", { status: "completed" })]),
    ]);
    expect(await read(`select text, is_behind from {}.message_texts ${where}`)).toEqual([
      { text: "Hello world", is_behind: false },
    ]);
    expect(await read(`select * from {}.patches ${where}`)).toEqual([]);
  });

  it("L8: shows NUL as a picture, and takes the mark away from what was a picture before", async () => {
    const text = "nul \0, picture \u2400, delete \u007f, and \\u0000";
    const parts = [
      { id: "text", kind: "text", text },
      { id: "j\0", kind: "json", value: { "k\0": ["\0"] } },
    ] as const;
    await store.save([
      saveOf("c\0", 1, [whole("m\0", 1, "", { parts, role: "\0", origin: "\0" })], {
        attributes: { "a\0": "\0" },
        closed: { reason: "\0" },
      }),
    ]);
    expect(
      await read(`select text, role from {}.message_texts where channel = $1`, "c\u2400"),
    ).toEqual([{ text: "nul \u2400, picture \u2400, delete \u007f, and \\u0000", role: "\u2400" }]);
    const held = await store.load("c\0");
    expect(held?.messages[0]?.message).toMatchObject({
      id: "m\0",
      role: "\0",
      origin: "\0",
      parts,
    });
    expect(held).toMatchObject({ attributes: { "a\0": "\0" }, closed: { reason: "\0" } });
  });
});
