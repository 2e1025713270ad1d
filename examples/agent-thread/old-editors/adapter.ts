import { type Channel, connect, type Message, type MessageWriter } from "@deltawire/client";
import type { RawData, WebSocket } from "ws";

// THE OLD PROTOCOL, as editors speak it that are not moved yet: JSON in text frames.
//
// From the editor, {"event_type": …, "data": …}:
//   message_added      one entry of a thread, with its whole content each time: acp_thread_id,
//                      message_id, role, content, entry_type, tool_name, tool_status
//   message_completed  the turn of acp_thread_id is over; its message_id is always "0"
// To the editor, {"type": "chat_message", "data": {message, request_id, acp_thread_id}}: a prompt.
//
// What such an editor writes becomes what a new one would have written:
//   1. An entry is a message of `thread/<acp_thread_id>`: its id, role and kind are set by the first
//      statement. Only what differs from the last statement travels.
//   2. An absent or empty field says nothing: tool_name and tool_status stick, and a content that
//      was there is never emptied.
//   3. A user's entry is complete as soon as it has a content. Everything else that is open when
//      message_completed comes is completed then, in order, whoever has opened it; to say it again
//      says nothing.
//   4. A statement about an entry that is complete, and says something else, is a late correction:
//      the entry is begun again, and completed at the end of the turn that is running, or at once.
//   5. After a reconnect an editor states older entries again, perhaps growing anew. Until a
//      connection has stated at least what an entry has, what it says of it is a replay, and nothing.
//   6. `stop` cancels one entry, or all that is open. The editor cannot be told: what was cancelled
//      stays as it is, and after the latter what else is said in this turn is dropped.

/** What an old editor says; what is missing is empty. */
type Said = Readonly<Partial<Record<string, string>>>;

/** Threads whose prompts reach one editor; past it, the ones longest unused are left out. */
const MAX_THREADS = 500;

/** UTF-16 units of a title. */
const MAX_TITLE = 80;

/** Milliseconds between two looks at whether an editor is still there. */
const HEARTBEAT = 15_000;

/**
 * Takes an editor that speaks the old protocol: a producer like any other, on a connection of its
 * own, so that what it leaves open when it goes away is `interrupted` as for everybody.
 *
 * @param url the server, as new editors have it
 * @param warn told of what makes no sense, which is left out
 * @returns resolves once the editor is gone and the server has what it said
 */
export async function takeOldEditor(
  socket: WebSocket,
  url: string,
  warn: (what: unknown) => void = () => undefined,
): Promise<void> {
  const wire = connect(url);
  const threads = new Map<string, OldThread>();
  const threadOf = (id: string): OldThread => {
    const prompt = (message: string, request_id: string): void => {
      const data = { message, request_id, acp_thread_id: id };
      socket.send(JSON.stringify({ type: "chat_message", data }));
    };
    const thread = threads.get(id) ?? new OldThread(wire.channel(`thread/${id}`), prompt);
    threads.delete(id);
    threads.set(id, thread); // the last one is the latest
    const [oldest] = threads;
    if (threads.size > MAX_THREADS && oldest) {
      threads.delete(oldest[0]);
      oldest[1].leave();
    }
    return thread;
  };

  const take = async (raw: RawData): Promise<void> => {
    const { event_type: type, data } = JSON.parse(String(raw)) as Record<string, unknown>;
    const said = saidOf(data);
    if (!said.acp_thread_id) throw new Error("no acp_thread_id");
    const thread = threadOf(said.acp_thread_id);
    if (!thread.isLive) {
      socket.pause(); // what is there has to be known before anything can be compared with it
      await thread.live;
      socket.resume();
    }
    if (type === "message_added") thread.add(said.message_id ?? "", said);
    if (type === "message_completed") thread.complete();
  };
  let queue = Promise.resolve();
  socket.on("message", (raw) => {
    queue = queue.then(() => take(raw)).catch(warn);
  });

  let isThere = true;
  const heartbeat = setInterval(() => {
    if (!isThere) return socket.terminate(); // half open
    isThere = false;
    socket.ping();
  }, HEARTBEAT);
  socket.on("pong", () => {
    isThere = true;
  });
  socket.on("error", warn);
  await new Promise((gone) => socket.once("close", gone));
  clearInterval(heartbeat);
  await queue;
  await wire.close();
}

/** One thread of one old editor. */
class OldThread {
  /** Settles when what the channel has is known. */
  readonly live: Promise<void>;
  readonly #channel: Channel;
  /** Of the entries that this connection has written, in order. */
  readonly #writers = new Map<string, MessageWriter>();
  /** The entries of which this connection has stated what there was when it came: see 5. */
  readonly #stated = new Set<string>();
  readonly #stops: (() => void)[] = [];
  #title: string | undefined;
  #isRunning = false;
  #isStopped = false;

  constructor(channel: Channel, prompt: (text: string, request: string) => void) {
    this.#channel = channel;
    this.live = new Promise((resolve, reject) => {
      const look = (): void => {
        if (channel.isLive) resolve(this.#learn());
        if (channel.error) reject(channel.error);
      };
      this.#stops.push(channel.subscribe(look));
      look();
    });
    this.#stops.push(
      channel.onCommand("stop", (_value, { message }) => this.#stop(message)),
      channel.onCommand("prompt", (value, { id }) => {
        const { text } = saidOf(value);
        if (!text) throw new Error("a prompt is { text }");
        prompt(text, id);
      }),
    );
  }

  #learn(): void {
    const { title, status } = this.#channel.state.attributes;
    if (typeof title === "string") this.#title = title;
    this.#isRunning = status === "running"; // it may have begun before a reconnect
  }

  get isLive(): boolean {
    return this.#channel.isLive;
  }

  /** Prompts do not come here any more, and it is not read. */
  leave(): void {
    for (const stop of this.#stops) stop();
  }

  add(id: string, said: Said): void {
    const { content = "", tool_name, tool_status } = said;
    const before = this.#message(id);
    if (this.#isStopped && (before || said.role !== "user")) return; // a user begins the next turn
    this.#isStopped = false;
    const had = before?.text ?? "";
    const isPartOfIt = content.length < had.length && had.startsWith(content);
    if (isPartOfIt && !this.#stated.has(id)) return;
    this.#stated.add(id);
    if (before?.status === "cancelled") return;

    const text = content || had;
    const attributes = {
      ...before?.attributes,
      ...(tool_name && { tool_name }),
      ...(tool_status && { tool_status }),
    };
    const isSame = JSON.stringify(attributes) === JSON.stringify(before?.attributes);
    if (isSame && text === had) return;

    const { role, kind, isFinal } = before ?? {
      role: said.role || "assistant",
      kind: said.entry_type || (tool_name ? "tool_call" : "text"),
      isFinal: false,
    };
    const isPrompt = role === "user" && text !== "";
    if (!isFinal) this.#run(true, isPrompt ? text : "");
    const writer = this.#write(id, { role, kind, attributes, isFinal });
    writer.set(text).setAttributes(attributes);
    if (isPrompt || !this.#isRunning) void writer.complete();
  }

  /** The turn is over: see 3. */
  complete(): void {
    this.#isStopped = false;
    this.#run(false); // with the first end, in one frame
    for (const writer of this.#open()) void writer.complete();
  }

  #stop(only: string | undefined): void {
    if (only === undefined) {
      this.#isStopped = this.#isRunning;
      this.#run(false);
    }
    for (const writer of this.#open(only)) void writer.cancel();
  }

  /** Writers of what is open, in order; also of what another one has begun. */
  *#open(only?: string): Generator<MessageWriter> {
    const ids = [...this.#channel.state.messages.map(({ id }) => id), ...this.#writers.keys()];
    for (const id of only === undefined ? new Set(ids) : [only]) {
      const message = this.#message(id);
      if (message && !message.isFinal) yield this.#write(id, message).set(message.text);
    }
  }

  /** An entry as it is: what was written here may not have come back yet. */
  #message(id: string): Message | undefined {
    const read = this.#channel.state.message(id);
    const writer = this.#writers.get(id);
    if (!writer) return read;
    const { message } = writer;
    if (!writer.ended || !read || read.generation < message.generation) return message;
    if (read.generation === message.generation && !read.isFinal) return message;
    this.#writers.delete(id); // what the channel has is all there is to know
    return read;
  }

  /** Its writer: the one that it has, or as what it is now, taken over from who had it. */
  #write(id: string, { role, kind, attributes, isFinal }: Begun): MessageWriter {
    const begun = { role, attributes, ...(kind !== undefined && { kind }), reopen: isFinal };
    const writer = this.#channel.write(id, begun);
    if (this.#writers.get(id) === writer) return writer;
    this.#writers.set(id, writer);
    void writer.closed.then(({ reason }) => {
      if (reason === "lost" && this.#writers.get(id) === writer) this.#writers.delete(id);
    });
    return writer;
  }

  /** @param asked what a user has asked for: its first line is the title of a thread without one */
  #run(isRunning: boolean, asked = ""): void {
    const [line = ""] = asked.split("\n", 1);
    const title = this.#title || line.slice(0, MAX_TITLE).toWellFormed();
    if (isRunning === this.#isRunning && title === (this.#title ?? "")) return;
    this.#isRunning = isRunning;
    this.#title = title;
    const status = isRunning ? "running" : "idle";
    this.#channel.setAttributes({ ...(title && { title }), status });
  }
}

/** What a message is begun as. */
type Begun = Pick<Message, "role" | "kind" | "attributes" | "isFinal">;

/** The fields that have a text. */
function saidOf(data: unknown): Said {
  const texts = Object.entries(Object(data)).flatMap(([name, value]) => {
    if (typeof value === "number") return [[name, String(value)]];
    return typeof value === "string" ? [[name, value.toWellFormed()]] : [];
  });
  return Object.fromEntries(texts);
}
