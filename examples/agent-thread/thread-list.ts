import type { ChannelSave, ServerChannel } from "@deltawire/server";
import type { Pool } from "pg";

/** The channel of the list. */
export const LIST = "threads";

/** What the name of a thread's channel begins with; its id follows. */
export const THREAD = "thread/";

type Saved = Pick<ChannelSave, "channel" | "attributes" | "messages">;

/** UTF-16 units of a title on the list. */
const MAX_TITLE = 200;

/**
 * The list of threads, for pages that show one: a channel with a message for each thread, which says
 * how it is called, whether something is going on, and since when.
 *
 * It is told what is saved, so it knows of every thread, whoever writes it, and of no token.
 */
export class ThreadList {
  readonly #channel: ServerChannel;
  /** What was saved before it was known what is on the list. */
  #early: Saved[] | undefined = [];
  #isClosed = false;

  constructor(channel: ServerChannel) {
    this.#channel = channel;
  }

  /** Waits until it is known what is on the list, and learns what it missed when it was closed. */
  async open(pool: Pool): Promise<void> {
    for await (const _there of this.#channel.changes()) break;
    const names = this.#channel.state.messages.map(({ id }) => THREAD + id);
    const { rows } = await pool.query<Pick<Saved, "channel" | "attributes">>(
      "select channel, attributes from deltawire.channels where channel = any($1)",
      [names],
    );
    const saves = [...rows.map((row) => ({ ...row, messages: [] })), ...(this.#early ?? [])];
    this.#early = undefined;
    this.saved(saves);
  }

  /** The server is closing, and saves what is left: nothing can be listed any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Some channels were saved. To be told twice of the same changes nothing. */
  saved(saves: readonly Saved[]): void {
    if (this.#early) this.#early.push(...saves);
    else if (!this.#isClosed) for (const save of saves) this.#list(save);
  }

  #list({ channel, attributes, messages }: Saved): void {
    const id = channel.slice(THREAD.length);
    if (!channel.startsWith(THREAD) || id === "") return;
    const title = String(attributes.title ?? "Untitled")
      .slice(0, MAX_TITLE)
      .toWellFormed();
    const status = attributes.status === "running" ? "running" : "idle";
    const row = this.#channel.state.message(id)?.attributes;
    const hasEnded = messages.some(
      (saved) => saved.type === "whole" && saved.message.status === "completed",
    );
    if (!hasEnded && row?.title === title && row.status === status) return;
    const updated = new Date().toISOString();
    // Complete at once: nobody has to be there for it to stay as it is.
    void this.#channel
      .write(id, {
        ...{ role: "thread", kind: "thread", reopen: true },
        attributes: { title, status, updated },
      })
      .complete();
  }
}
