import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonValue, MessageWriter, ServerChannel } from "@deltawire/server";

type Operations = Parameters<ReturnType<MessageWriter["json"]>["patch"]>[0];

/** What an agent does next, a line of its recording: `"$now"` in a value stands for the time then. */
export interface Step {
  /** Milliseconds before it. */
  readonly wait: number;
  /** A message, word by word. */
  readonly say?: string;
  /** A plan, as it is in the beginning. */
  readonly plan?: JsonValue;
  /** What becomes of the plan. */
  readonly patch?: Operations;
}

/** Milliseconds for a word. */
const WORD = 35;

/** Reads what an agent did once. */
export async function readSteps(file: URL): Promise<readonly Step[]> {
  const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Step); // recordings are this example's own
}

/** How a recording is replayed. */
export interface ReplayOptions {
  /** The agent's. */
  readonly name: string;
  /** Times the recording's own milliseconds. */
  readonly pace: number;
  readonly signal: AbortSignal;
}

/**
 * Replays an agent's turn into a room. Who sends `stop` to one of its messages stops all of it, and
 * what is open then is cancelled.
 */
export async function replay(
  room: ServerChannel,
  steps: readonly Step[],
  { name, pace, signal: ending }: ReplayOptions,
): Promise<void> {
  const stopped = new AbortController();
  const signal = AbortSignal.any([ending, stopped.signal]);
  const open = new Set<MessageWriter>();
  const begin = (kind: string): MessageWriter => {
    const attributes = { author: name, sent_at: new Date().toISOString() };
    const writer = room.write(crypto.randomUUID(), { role: "agent", kind, attributes });
    writer.signal.addEventListener("abort", () => open.has(writer) && stopped.abort());
    open.add(writer);
    return writer;
  };
  const end = (writer: MessageWriter, how: "complete" | "cancel"): void => {
    open.delete(writer);
    writer[how]().catch(() => undefined); // by who stopped it, maybe, or the server closes
  };
  const pause = (milliseconds: number) => sleep(milliseconds * pace, undefined, { signal });

  let plan: MessageWriter | undefined;
  try {
    for (const step of steps) {
      await pause(step.wait);
      if (step.plan !== undefined) {
        plan = begin("plan");
        plan.json("plan").set(dated(step.plan));
      }
      if (step.patch) plan?.json("plan").patch(dated(step.patch));
      if (step.say === undefined) continue;
      const message = begin("message");
      for (const word of step.say.split(/(?<=\s)/)) {
        message.append(word);
        await pause(WORD);
      }
      end(message, "complete");
    }
    if (plan) end(plan, "complete");
  } catch (error) {
    for (const writer of open) end(writer, "cancel");
    if (!signal.aborted) throw error;
  }
}

/** The same with the time in it. */
const dated = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replaceAll('"$now"', `"${new Date().toISOString()}"`)) as Value;
