import type { JsonObject, Server } from "@deltawire/server";
import { readSteps, replay, type Step } from "./replay.js";

/** The rooms that there are. */
export const ROOMS = [
  { id: "general", title: "General", topic: "Whatever does not fit elsewhere" },
  { id: "release", title: "Release", topic: "What goes out, and when" },
  { id: "support", title: "Support", topic: "What customers ask" },
] as const;

/** Who answers where `@` and his name is written; what he does is in `recordings/`. */
const AGENTS = ["relay", "scout"] as const;

/** What was said before anybody comes; the last one has an agent begin. */
const SAID: readonly (readonly [room: string, author: string, text: string])[] = [
  ["general", "Anna", "Morning! The import is stuck again, on row 4,102."],
  ["general", "Bruno", "It is the same customer as last week: an address without a country."],
  ["support", "Chiyo", "Two people have asked when 2.4 comes. I have said: today."],
  ["release", "Bruno", "Everything for 2.4 is merged."],
  ["release", "Anna", "Then let us ship it. @relay please"],
];

/**
 * Opens the rooms. They are channels: what people write are events in them, what agents write grows.
 *
 * @param pace times an agent's own milliseconds
 * @returns what stops every agent
 */
export async function openRooms(server: Server, pace: number): Promise<() => Promise<void>> {
  const ending = new AbortController();
  /** Turns that go on, by room and agent. */
  const turns = new Map<string, Promise<void>>();
  const recordings = new Map<string, readonly Step[]>();
  for (const name of AGENTS) {
    recordings.set(name, await readSteps(new URL(`recordings/${name}.jsonl`, import.meta.url)));
  }

  function say(room: string, role: string, author: string, text: string): void {
    const attributes = { author, sent_at: new Date().toISOString() };
    server.channel(room).event("message", { role, attributes, text });
  }

  /** Has an agent answer. */
  function ask(room: string, name: string): void {
    const key = `${room} ${name}`;
    if (turns.has(key)) {
      say(room, "agent", name, "I am still at it: stop me, or wait.");
      return;
    }
    const options = { name, pace, signal: ending.signal };
    const turn = replay(server.channel(room), recordings.get(name) ?? [], options);
    turns.set(
      key,
      turn.finally(() => turns.delete(key)),
    );
  }

  server.on("message_completed", ({ channel, message: { role, text } }) => {
    if (role !== "person") return;
    for (const name of AGENTS) if (text.includes(`@${name}`)) ask(channel, name);
  });
  for (const { id } of ROOMS) {
    for (const name of AGENTS) {
      const attributes = { name, is_agent: true };
      server.channel(`here/${id}`).write(name, { role: "presence", attributes });
    }
  }
  for (const [room, author, text] of SAID) say(`room/${room}`, "person", author, text);
  return async () => {
    ending.abort();
    await Promise.all(turns.values());
  };
}

/** What the page is told of the team: the attributes of channel `team`. */
export const teamOf = (compact: boolean): JsonObject => ({
  rooms: ROOMS.map((room) => ({ ...room })),
  agents: [...AGENTS],
  compact,
});
