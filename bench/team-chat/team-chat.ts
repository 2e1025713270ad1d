import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleProgram } from "../../tests/bundled-program.js";
import { Child } from "../fanout/child.js";
import type { Effort, Named, TargetRow } from "../results.js";
import { quantilesOf } from "../statistics.js";
import { until } from "../targets/consumer.js";
import { atLeast, atMost } from "../targets/row.js";
import type { Serving } from "./server.js";
import { User } from "./user.js";

const EFFORTS = {
  smallest: { users: 10, messages: 10 },
  quick: { users: 150, messages: 150 },
  full: { users: 150, messages: 600 },
} as const;

/** Milliseconds between two messages of the room, whoever writes them: each of 150 has one in 10 s. */
const PAUSE = 67;

/** Messages between two that have an agent begin a turn: it streams, and patches its plan, throughout. */
const EACH_TURN = 40;

const SAID = [
  "Morning! The import is stuck again on row 4,102.",
  "Looking at it now.",
  "It is the same customer as last week: an address without a country.",
  "Can we skip those rows and list them at the end? Nobody will miss them today.",
  "👍",
];

/**
 * Everybody in one room of the example, over real sockets; the server is another process. From the
 * call that writes a message until each other one's state has it, while an agent writes and plans.
 */
export async function measureTeamChat(effort: Effort): Promise<Named<TargetRow>> {
  const { users: count, messages } = EFFORTS[effort];
  const program = (name: string) => new URL(name, import.meta.url);
  // Beside the example's recordings, where its own packages are.
  const bundle = program("../../examples/team-chat/.bench-server.mjs");
  await bundleProgram(program("./server.ts"), bundle);
  const { child: server, first } = await Child.start<never, Serving>(bundle);
  const users: User[] = [];
  const watching: User[] = [];
  try {
    const { url } = first;
    const ways = [{ compact: true }, { compact: false }, { codec: "json" }] as const;
    for (let i = 0; i < count; i++) users.push(new User(url, "general", `user ${i}`));
    for (const way of ways) watching.push(new User(url, "general", "watching", way));
    const all = [...users, ...watching];
    await until(() => all.every(({ isLive, others }) => isLive && others === all.length + 2));
    const live = users.filter(({ isLive, others }) => isLive && others === all.length + 2).length;

    await talk(users, Math.ceil(messages / 10)); // what is not compiled yet is
    const before = watching.map(({ received }) => received);
    const said = await talk(users, messages);
    await until(() => users.every(({ seen }) => said.every(({ id }) => seen.has(id))));
    const delays: number[] = [];
    for (const { id, at, by } of said) {
      for (const user of users) {
        const seen = user.seen.get(id);
        if (user !== by && seen !== undefined) delays.push(seen - at);
      }
    }
    const expected = said.length * (count - 1);
    const bytes = watching.map(({ received }, i) => received - (before[i] ?? 0));
    const { p50, p95, p99, mean, max } = quantilesOf(delays);
    const details = { users: count, messages: said.length, mean, max };
    const [compact = 0, plain = 0, json = 0] = bytes;
    return {
      p50: atMost("a message in a room of 150, p50", p50, "ms", 50, details),
      p95: atMost("a message in a room of 150, p95", p95, "ms", 100, details),
      p99: atMost("a message in a room of 150, p99", p99, "ms", 200, details),
      delivered: atLeast(
        "messages in a room of 150 that reach everybody",
        (100 * delays.length) / expected,
        "%",
        100,
        { delivered: delays.length, expected },
      ),
      connections: atLeast("users of a room that see each other", (100 * live) / count, "%", 100, {
        live,
        count,
      }),
      bytes: atMost(
        "bytes at a user of a room, of those as JSON",
        (100 * compact) / json,
        "%",
        60,
        {
          compact,
          plain,
          json,
        },
      ),
      memory: atMost("memory of a room's server", server.resident / 1e6, "MB", 200, {
        users: count,
        "most, MB": server.peak / 1e6,
      }),
    };
  } finally {
    await Promise.all([...users, ...watching].map((user) => user.leave()));
    server.end();
    await rm(bundle);
  }
}

/** Everybody says something in turn. */
async function talk(users: readonly User[], count: number) {
  const said: { readonly id: string; readonly at: number; readonly by: User }[] = [];
  for (let i = 0; i < count; i++) {
    const by = users[(i * 7) % users.length] as User; // there is one at least
    const isAsking = i % EACH_TURN === 0 && !by.isAgentAtWork;
    const text = `${SAID[i % SAID.length]}${isAsking ? " @relay please" : ""}`;
    const [id, at] = by.say(text);
    said.push({ id, at, by });
    await sleep(PAUSE);
  }
  return said;
}
