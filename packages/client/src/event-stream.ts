import { DeltawireError, LIMITS } from "@deltawire/spec";

/** One event of a stream of events. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * Reads `text/event-stream` (WHATWG HTML, "Server-sent events") as it comes, as far as the protocol
 * uses it. Work and memory follow what comes, however it is cut.
 */
export class EventParser {
  #line = "";
  #name = "";
  #data: string[] = [];
  #size = 0;

  /**
   * The events that are whole now.
   *
   * @throws DeltawireError `limit_exceeded` where one is larger than `max_frame_bytes`
   */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const [head = "", ...rest] = text.split("\n");
    this.#line += head;
    this.#size += head.length;
    for (const next of rest) {
      const event = this.#take(this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line);
      if (event) events.push(event);
      this.#line = next;
      this.#size += next.length;
    }
    if (this.#size > LIMITS.max_frame_bytes) {
      const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by an event`;
      throw new DeltawireError("limit_exceeded", what);
    }
    return events;
  }

  #take(line: string): StreamEvent | undefined {
    if (line === "") {
      const event = { name: this.#name || "message", data: this.#data.join("\n") };
      const isEmpty = this.#data.length === 0;
      this.#name = "";
      this.#data = [];
      this.#size = 0;
      return isEmpty ? undefined : event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) this.#size -= line.length; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
    return undefined;
  }
}
