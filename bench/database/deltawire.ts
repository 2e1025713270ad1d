import { setTimeout as wait } from "node:timers/promises";
import { postgresStore } from "@deltawire/postgres";
import { createServer } from "@deltawire/server";
import type { CountingDatabase } from "./counted.js";
import type { Token, Way } from "./way.js";

/** Milliseconds in which what was written last is saved. */
const SETTLED = 500;

/** Ours: a server with a store, and the backend itself as the producer, in real time. */
export async function deltawire(
  database: CountingDatabase,
  tokens: readonly Token[],
  turns: number,
): Promise<Way> {
  const store = postgresStore(database.url);
  await store.migrate();
  const server = createServer({ data: { store } });
  const names = Array.from({ length: turns }, (_, i) => `${process.hrtime.bigint()}-${i}`);
  let left = turns;
  const completed = new Promise<void>((resolve) => {
    server.on("message_completed", () => {
      left -= 1;
      if (left === 0) resolve(); // after the store has it
    });
  });
  let complete: () => Promise<unknown> = async () => undefined;
  return {
    turns,
    async write() {
      const replies = names.map((name) =>
        server.channel(name).write("turn", { role: "assistant" }),
      );
      complete = () => Promise.all(replies.map((reply) => reply.complete()));
      const start = performance.now();
      for (const { at, text } of tokens) {
        const early = start + at - performance.now();
        if (early > 1) await wait(early);
        for (const reply of replies) reply.append(text);
      }
      await wait(SETTLED);
    },
    async complete() {
      await complete();
      await completed;
    },
    isWrite: (statement) => statement.includes(".save("),
    async stored() {
      const list = names.map((name) => `'${name}'`).join(", ");
      const rows = await database.query(
        `select text from deltawire.message_texts where channel in (${list}) and status = 'completed'`,
      );
      return rows.map(({ text }) => String(text));
    },
    async close() {
      await server.close();
      await store.close();
    },
  };
}
