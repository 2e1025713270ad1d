import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@deltawire/client";
import { type PostgresStore, postgresStore } from "@deltawire/postgres";
import { createServer, type Server } from "@deltawire/server";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { realPostgres } from "./real/postgres.js";

// PostgreSQL goes away under a server, and comes back: who writes and who reads must not notice.

const TOKEN = 20;

const postgres = await realPostgres("a server whose PostgreSQL is stopped, killed or held still");

/** That the store fails is told to whoever logs. */
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(postgres === undefined)("PostgreSQL", () => {
  let store: PostgresStore;
  let server: Server;

  beforeEach(() => {
    store = postgresStore(postgres?.url ?? "", { timeout: 2000 });
    server = createServer({ data: { store }, logger: quiet });
  });

  afterEach(async () => {
    await server.close();
    await store.close();
  });

  afterAll(() => postgres?.close());

  /** What the store has of a message, if it has ended. */
  async function stored(channel: string): Promise<string | undefined> {
    const [held] = (await store.load(channel))?.messages ?? [];
    const [part] = held?.message.parts ?? [];
    if (held?.message.status !== "completed" || part?.kind !== "text") return undefined;
    expect(held.patches).toEqual([]);
    return part.text;
  }

  test.each([
    ["stop", 10_000],
    ["kill", 3000],
    ["freeze", 3000],
  ] as const)(
    "is gone (%s, %d ms): nobody waits for it, and it has everything afterwards",
    async (fault, outage) => {
      const { url } = await server.listen({ port: 0 });
      const [writing, reading] = [connect(url), connect(url)] as const;
      const name = (turn: number): string => `${fault}-${turn}`;
      const hooks: string[] = [];
      server.on("message_completed", ({ channel }) => void hooks.push(channel));
      const latest: number[] = [];
      let written = "";

      const long = writing.channel(name(0)).write("turn");
      const view = reading.channel(name(0));
      const stop = view.subscribe(() => {
        latest.push(performance.now());
      });
      let isOver = false;
      const writer = (async () => {
        for (let i = 0; !isOver; i++) {
          long.append(`${i} `);
          written += `${i} `;
          await wait(TOKEN);
        }
      })();

      await wait(1000);
      const gone = performance.now();
      await (fault === "freeze" ? postgres?.freeze(true) : postgres?.[fault]());
      // Channels that nobody has open: what they hold already only the store knows.
      const wires = [1, 2, 3, 4, 5].map(() => connect(url));
      const others = wires.map((wire, turn) => {
        const reply = wire.channel(name(turn + 1)).write("turn");
        reply.append(`an answer of turn ${turn + 1}, in the middle of it`);
        return reply;
      });
      await wait(outage - (performance.now() - gone));
      const back = performance.now();
      // Each look at the view was at most some windows after the one before it.
      const late = latest.slice(1).map((at, place) => at - (latest[place] ?? at));
      expect(Math.max(...late)).toBeLessThan(2000);
      expect(latest.at(-1)).toBeGreaterThan(back - 2000);

      await (fault === "freeze" ? postgres?.freeze(false) : postgres?.start());
      isOver = true;
      await writer;
      await long.complete();
      await Promise.all(others.map((reply) => reply.complete()));
      await expect.poll(() => stored(name(0)).catch(() => ""), { timeout: 20_000 }).toBe(written);
      console.log(
        `PostgreSQL gone for ${outage} ms (${fault}): saved ${(performance.now() - back).toFixed(0)} ms after it was back`,
      );
      for (let turn = 1; turn <= 5; turn++) {
        const text = `an answer of turn ${turn}, in the middle of it`;
        await expect.poll(() => stored(name(turn)), { timeout: 10_000 }).toBe(text);
      }
      expect(view.state.messages[0]?.text).toBe(written);
      await expect.poll(() => new Set(hooks).size).toBe(6);
      expect(hooks).toHaveLength(6);
      stop();
      await Promise.all([writing, reading, ...wires].map((wire) => wire.close()));
    },
  );

  test("that is gone when a message ends: L38: its hook runs once the store has it", async () => {
    const hooks: (string | undefined)[] = [];
    server.on("message_completed", async ({ channel }) => {
      hooks.push(await stored(channel));
    });
    await store.migrate();
    const reply = server.channel("hook").write("turn");
    reply.append("to be kept");
    await wait(300);
    await postgres?.stop();
    await reply.complete();
    await wait(1000);
    expect(hooks).toEqual([]);
    await postgres?.start();
    await expect.poll(() => hooks, { timeout: 20_000 }).toEqual(["to be kept"]);
  });
});
