import type { JsonObject, Server, ServerChannel } from "@deltawire/server";
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

/** Rooms are channels: what people write are events in them, what agents write grows. */
export class Rooms {
  readonly #server: Server;
  readonly #pace: number;
  readonly #recordings: ReadonlyMap<string, readonly Step[]>;
  readonly #ending = new AbortController();
  /** Turns that go on, by room and agent. */
  readonly #turns = new Map<string, Promise<void>>();

  private constructor(
    server: Server,
    recordings: ReadonlyMap<string, readonly Step[]>,
    pace: number,
  ) {
    this.#server = server;
    this.#recordings = recordings;
    this.#pace = pace;
  }

  /** @param pace times an agent's own milliseconds */
  static async open(server: Server, pace: number): Promise<Rooms> {
    const read = AGENTS.map(
      async (name) =>
        [name, await readSteps(new URL(`recordings/${name}.jsonl`, import.meta.url))] as const,
    );
    const rooms = new Rooms(server, new Map(await Promise.all(read)), pace);
    await Promise.all(ROOMS.map(({ id }) => rooms.#open(id)));
    for (const [room, author, text] of SAID) {
      const attributes = { author, sent_at: new Date().toISOString() };
      server.channel(`room/${room}`).event("message", { role: "person", attributes, text });
    }
    return rooms;
  }

  async #open(id: string): Promise<void> {
    const room = this.#server.channel(`room/${id}`);
    const here = this.#server.channel(`here/${id}`);
    for (const name of AGENTS) {
      here.write(name, { role: "presence", attributes: { name, is_agent: true } });
    }
    const events = room.changes();
    await events.next(); // the room as it is in the beginning
    void this.#listen(id, events);
  }

  /** Has agents answer, whoever names them. */
  async #listen(id: string, events: ReturnType<ServerChannel["changes"]>): Promise<void> {
    try {
      for await (const event of events) {
        for (const change of event.type === "changes" ? event.changes : []) {
          if (change.type !== "message_added" || change.role !== "person") continue;
          const text = event.state.message(change.id)?.text ?? "";
          for (const name of AGENTS) if (text.includes(`@${name}`)) this.#ask(id, name);
        }
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) throw error;
    }
  }

  #ask(id: string, name: string): void {
    const key = `${id} ${name}`;
    const room = this.#server.channel(`room/${id}`);
    if (this.#turns.has(key)) {
      const attributes = { author: name, sent_at: new Date().toISOString() };
      const text = "I am still at it: stop me, or wait.";
      room.event("message", { role: "agent", attributes, text });
      return;
    }
    const options = { name, pace: this.#pace, signal: this.#ending.signal };
    const turn = replay(room, this.#recordings.get(name) ?? [], options);
    this.#turns.set(
      key,
      turn.finally(() => this.#turns.delete(key)),
    );
  }

  /** Stops every agent. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#turns.values());
  }
}

/** What the page is told of the team: the attributes of channel `team`. */
export const teamOf = (compact: boolean): JsonObject => ({
  rooms: ROOMS.map((room) => ({ ...room })),
  agents: [...AGENTS],
  compact,
});
