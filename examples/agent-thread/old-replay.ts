import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Recording } from "./editor/src/recording.js";

/** How an old editor plays a recording. */
export interface OldReplayOptions {
  /** The backend's address for old editors. */
  readonly url: string;
  /** The id of the thread. */
  readonly thread: string;
  readonly recording: Recording;
  /** Milliseconds before each step. @default 50 */
  readonly pace?: number;
  readonly signal?: AbortSignal;
}

/**
 * An editor that was not moved yet: it knows the old protocol alone, and answers each prompt with
 * the same recorded turn. Resolves when it was stopped.
 */
export async function oldReplay({
  url,
  thread,
  recording,
  pace = 50,
  signal,
}: OldReplayOptions): Promise<void> {
  const socket = new WebSocket(url);
  const stop = (): void => socket.close();
  signal?.addEventListener("abort", stop);
  await once(socket, "open");
  let last = 0;
  const turn = async (prompt: string): Promise<void> => {
    for await (const said of oldTurn({ ...recording, prompt }, thread, last)) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify(said));
      last = Math.max(last, Number(said.data.message_id));
      await wait(pace);
    }
  };
  let turns = turn(recording.prompt ?? "");
  socket.on("message", (raw) => {
    const { type, data } = JSON.parse(String(raw));
    if (type === "chat_message") turns = turns.then(() => turn(String(data.message)));
  });
  await once(socket, "close");
  await turns;
  signal?.removeEventListener("abort", stop);
}

/** What an old editor says, as far as it is known here. */
export interface OldMessage {
  readonly event_type: "message_added" | "message_completed";
  readonly data: Readonly<Record<string, string>>;
}

/**
 * A recorded turn as an old editor tells it: with each step the whole content of an entry.
 *
 * @param last the number of the thread's last entry so far
 */
export function* oldTurn(
  { prompt, steps }: Recording,
  thread: string,
  last = 0,
): Generator<OldMessage> {
  const numbers = new Map<string, string>();
  const entries = new Map<string, Record<string, string>>();
  let next = last + 1;
  const added = (entry: Record<string, string>): OldMessage => ({
    event_type: "message_added",
    data: { acp_thread_id: thread, ...entry },
  });
  if (prompt) {
    const text = { role: "user", entry_type: "text", content: prompt };
    yield added({ message_id: String(next++), ...text });
  }
  for (const { entry: id, type, tool_name, tool_status, set, splice, append } of steps) {
    let number = numbers.get(id);
    if (number === undefined) {
      number = String(next++);
      numbers.set(id, number);
    }
    const known = entries.get(id) ?? { message_id: number, role: "assistant", content: "" };
    let content = set ?? known.content ?? "";
    if (splice) {
      const [at, removed, text] = splice;
      content = content.slice(0, at) + text + content.slice(at + removed);
    }
    const entry = {
      ...known,
      ...(type !== undefined && { entry_type: type }),
      content: content + (append ?? ""),
    };
    entries.set(id, entry);
    // Such editors state what has changed of a tool, and leave out the rest.
    yield added({
      ...entry,
      ...(tool_name !== undefined && { tool_name }),
      ...(tool_status !== undefined && { tool_status }),
    });
  }
  yield {
    event_type: "message_completed",
    data: { acp_thread_id: thread, message_id: "0" },
  };
}
