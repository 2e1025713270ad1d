import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";

/** More entries than a recorded turn has. */
const ENTRIES = 1000;

/** Where an old editor plays a recording. */
export interface OldReplayOptions {
  /** The address for old editors. */
  readonly url: string;
  /** The id of the thread. */
  readonly thread: string;
  /** What such an editor has said in a turn, a frame each line. */
  readonly recording: string;
  /** Milliseconds after each frame. @default 50 */
  readonly pace?: number;
  readonly signal: AbortSignal;
}

/**
 * An editor that was not moved yet: it knows the old protocol alone, and answers each prompt with
 * the same recorded turn. Resolves when it was stopped.
 */
export async function replayOldEditor({
  url,
  thread,
  recording,
  pace = 50,
  signal,
}: OldReplayOptions): Promise<void> {
  const socket = new WebSocket(url);
  signal.addEventListener("abort", () => socket.close());
  await once(socket, "open");
  let count = 0;
  const play = async (prompt?: string): Promise<void> => {
    for (const frame of oldTurn(recording, thread, count++, prompt)) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(frame);
      await wait(pace);
    }
  };
  let turns = play();
  socket.on("message", (raw) => {
    const { type, data } = JSON.parse(String(raw));
    if (type === "chat_message") turns = turns.then(() => play(data.message));
  });
  await once(socket, "close");
  await turns;
}

/**
 * A recorded turn, as it is said in a thread.
 *
 * @param turn which one it is there: its entries have ids of their own
 * @param prompt what the user asks in it. @default what was recorded
 */
export function* oldTurn(
  recording: string,
  thread: string,
  turn = 0,
  prompt?: string,
): Generator<string> {
  for (const line of recording.trimEnd().split("\n")) {
    const { event_type, data } = JSON.parse(line);
    const message_id =
      data.message_id === "0" ? "0" : `${turn * ENTRIES + Number(data.message_id)}`;
    const content = data.role === "user" ? (prompt ?? data.content) : data.content;
    const said = { ...data, acp_thread_id: thread, message_id, content };
    yield JSON.stringify({ event_type, data: said });
  }
}
