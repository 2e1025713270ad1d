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

/** What `message_added` says; all but the ids may be missing. */
interface Added {
  readonly acp_thread_id: string;
  readonly message_id: string;
  readonly role: string;
  readonly content: string;
  readonly entry_type: string;
  readonly tool_name: string;
  readonly tool_status: string;
}

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
  warn: (what: string) => void = () => undefined,
): Promise<void> {
  const wire = connect(url);
  const threads = new Map<string, OldThread>();
  const threadOf = (id: string): OldThread => {
    const thread =
      threads.get(id) ??
      new OldThread(wire.channel(`thread/${id}`), (text, request) => {
        const data = { message: text, request_id: request, acp_thread_id: id };
        socket.send(JSON.stringify({ type: "chat_message", data }));
      });
    threads.delete(id);
    threads.set(id, thread); // the last one is the latest
    const [oldest] = threads;
    if (threads.size > MAX_THREADS && oldest) {
      threads.delete(oldest[0]);
      oldest[1].leave();
    }
    return thread;
  };

  let queue = Promise.resolve();
  const take = async (raw: RawData): Promise<void> => {
    const { event_type: type, data } = JSON.parse(String(raw)) as Record<string, unknown>;
    const added = addedOf(data);
    if (added.acp_thread_id === "") throw new Error("no acp_thread_id");
    const thread = threadOf(added.acp_thread_id);
    if (!thread.isLive) {
      socket.pause(); // what is there has to be known before anything can be compared with it
      await thread.live;
      socket.resume();
    }
    if (type === "message_added") thread.add(added);
    if (type === "message_completed") thread.complete();
  };
  socket.on("message", (raw) => {
    queue = queue.then(() => take(raw)).catch((error: unknown) => warn(String(error)));
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
  socket.on("error", (error) => warn(String(error)));
  await new Promise((gone) => socket.once("close", gone));
  clearInterval(heartbeat);
  await queue;
  await wire.close();
}

/** What this connection knows of an entry, beside what the channel has. */
interface Entry {
  writer?: MessageWriter;
  /** Whether this connection has stated what the channel had when it came: see 5. */
  isCaughtUp: boolean;
}

/** One thread of one old editor. */
class OldThread {
  /** Settles when what the channel has is known. */
  readonly live: Promise<void>;
  readonly #channel: Channel;
  readonly #entries = new Map<string, Entry>();
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
        const { text } = Object(value) as Record<string, unknown>;
        if (typeof text !== "string" || text === "") throw new Error("a prompt is { text }");
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

  add(said: Added): void {
    const id = said.message_id;
    const before = this.#message(id);
    const isNewTurn = !before && said.role === "user";
    if (this.#isStopped && !isNewTurn) return;
    this.#isStopped = false;
    const entry = this.#entries.get(id) ?? { isCaughtUp: before === undefined };
    this.#entries.set(id, entry);
    const had = before?.text ?? "";
    if (!entry.isCaughtUp && said.content.length < had.length && had.startsWith(said.content)) {
      return;
    }
    entry.isCaughtUp = true;
    if (before?.status === "cancelled") return;

    const text = said.content || had;
    const attributes = {
      ...before?.attributes,
      ...(said.tool_name && { tool_name: said.tool_name }),
      ...(said.tool_status && { tool_status: said.tool_status }),
    };
    const isSame = JSON.stringify(attributes) === JSON.stringify(before?.attributes);
    if (before && isSame && text === had) return;

    const kind = said.entry_type || (said.tool_name ? "tool_call" : "text");
    const begun = before ?? { role: said.role || "assistant", kind };
    const title = begun.role === "user" ? titleOf(text) : undefined;
    if (!before?.isFinal) this.#run(true, title);
    const writer = this.#write(id, { ...begun, attributes, reopen: before?.isFinal ?? false });
    writer.set(text).setAttributes(attributes);
    if ((begun.role === "user" && text !== "") || !this.#isRunning) finish(writer.complete());
  }

  /** The turn is over: see 3. */
  complete(): void {
    this.#isStopped = false;
    this.#run(false); // with the first end, in one frame
    this.#end((writer) => writer.complete(), this.#ids);
  }

  #stop(only: string | undefined): void {
    if (only === undefined) {
      this.#isStopped = this.#isRunning;
      this.#run(false);
    }
    this.#end((writer) => writer.cancel(), only === undefined ? this.#ids : [only]);
  }

  #end(how: (writer: MessageWriter) => Promise<void>, ids: Iterable<string>): void {
    for (const id of ids) {
      const message = this.#message(id);
      if (message && !message.isFinal) finish(how(this.#write(id, message).set(message.text)));
    }
  }

  /** Of all entries, in order. */
  get #ids(): ReadonlySet<string> {
    const { messages } = this.#channel.state;
    return new Set([...messages.map(({ id }) => id), ...this.#entries.keys()]);
  }

  /** An entry as it is: what was written here may not have come back yet. */
  #message(id: string): Message | undefined {
    const entry = this.#entries.get(id);
    const read = this.#channel.state.message(id);
    const { writer } = entry ?? {};
    if (!entry || !writer) return read;
    if (!writer.ended || (read?.generation ?? -1) < writer.message.generation)
      return writer.message;
    if (!read?.isFinal && read?.generation === writer.message.generation) return writer.message;
    delete entry.writer; // what the channel has is all there is to know
    return read;
  }

  /** Its writer: of the one that is begun, or as what it is now, taken over from who had it. */
  #write(id: string, { role, kind, attributes, reopen }: Begun): MessageWriter {
    const entry = this.#entries.get(id) ?? { isCaughtUp: false };
    this.#entries.set(id, entry);
    if (entry.writer && !entry.writer.ended) return entry.writer;
    const writer = this.#channel.write(id, {
      role,
      attributes,
      ...(kind !== undefined && { kind }),
      ...(reopen && { reopen }),
    });
    entry.writer = writer;
    void writer.closed.then(({ reason }) => {
      if (reason === "lost" && entry.writer === writer) delete entry.writer;
    });
    return writer;
  }

  #run(isRunning: boolean, title?: string): void {
    if (isRunning === this.#isRunning && (this.#title ?? title) === this.#title) return;
    this.#isRunning = isRunning;
    this.#title ??= title;
    const status = isRunning ? "running" : "idle";
    this.#channel.setAttributes({ ...(this.#title && { title: this.#title }), status });
  }
}

/** What a message is begun as. */
type Begun = Pick<Message, "role" | "kind" | "attributes"> & { readonly reopen?: boolean };

/** The first line of what a user has asked for. */
const titleOf = (text: string): string | undefined =>
  text.split("\n", 1)[0]?.slice(0, MAX_TITLE).toWellFormed() || undefined;

/** Where the end of a message is refused, the next statement about it finds it as it is. */
const finish = (ended: Promise<void>): void => void ended.catch(() => undefined);

/** What an old editor says; what is missing or no text is empty. */
function addedOf(data: unknown): Added {
  const fields = Object(data) as Record<string, unknown>;
  const text = (name: keyof Added): string => {
    const value = fields[name];
    if (typeof value === "number") return String(value);
    return typeof value === "string" ? value.toWellFormed() : "";
  };
  return {
    acp_thread_id: text("acp_thread_id"),
    message_id: text("message_id"),
    role: text("role"),
    content: text("content"),
    entry_type: text("entry_type"),
    tool_name: text("tool_name"),
    tool_status: text("tool_status"),
  };
}
