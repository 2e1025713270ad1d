import type { AckFrame, ChangesFrame, Frame } from "@deltawire/spec";
import { Deque } from "./deque.js";

/** Questions without an answer that are remembered; the oldest are forgotten first. */
const MAX_QUESTIONS = 4096;

/** When something was asked, and in which row. */
export interface Question {
  readonly row: number;
  readonly at: number;
}

/** What was asked on a connection, so that an answer finds its question. */
export class Questions {
  readonly #open = new Map<string, Question>();
  /** Changes that were sent to a channel, and that are not acknowledged yet. */
  readonly #sent = new Map<string, Deque<Question & { readonly seq: number }>>();

  /** The connection is over: nothing is answered any more. */
  clear(): void {
    this.#open.clear();
    this.#sent.clear();
  }

  /** Takes a frame; returns the question that it answers. */
  take(frame: Frame, direction: "sent" | "received", question: Question): Question | undefined {
    if (frame.type === "changes" && direction === "sent") return this.#written(frame, question);
    if (frame.type === "ack") return this.#acknowledged(frame);
    const key = questionOf(frame, direction);
    if (key !== undefined) {
      // What is asked again, such as a command that waits on, was asked the first time.
      if (!this.#open.has(key) || frame.type !== "command") this.#open.set(key, question);
      const [oldest] = this.#open.keys();
      if (this.#open.size > MAX_QUESTIONS && oldest !== undefined) this.#open.delete(oldest);
      return undefined;
    }
    const answer = answerOf(frame, direction);
    const asked = answer && this.#open.get(answer.key);
    if (answer?.isLast) this.#open.delete(answer.key);
    return asked;
  }

  #written({ channel, to }: ChangesFrame, question: Question): undefined {
    let sent = this.#sent.get(channel);
    if (!sent) {
      sent = new Deque();
      this.#sent.set(channel, sent);
    }
    sent.push({ ...question, seq: to });
    if (sent.length > MAX_QUESTIONS) sent.shift();
  }

  /** An acknowledgement answers the last one of those that it is of. */
  #acknowledged({ channel, seq }: AckFrame): Question | undefined {
    const sent = this.#sent.get(channel);
    let last: Question | undefined;
    while ((sent?.at(0)?.seq ?? Number.POSITIVE_INFINITY) <= seq) last = sent?.shift();
    return last;
  }
}

/** What names a question, both ways: who asks is part of it. */
function questionOf(frame: Frame, by: "sent" | "received"): string | undefined {
  switch (frame.type) {
    case "hello":
    case "authenticate":
      return `${by} ${frame.type}`;
    case "ping":
      return `${by} ping ${frame.id ?? ""}`;
    case "subscribe":
    case "history":
      return `${by} request ${frame.request} ${frame.channel}`;
    case "produce":
      return `${by} produce ${frame.channel}`;
    case "command":
      return `${by} command ${frame.id} ${frame.channel}`;
    default:
      return undefined;
  }
}

/** What a frame answers, and whether nothing more of the answer follows. */
function answerOf(
  frame: Frame,
  direction: "sent" | "received",
): { readonly key: string; readonly isLast: boolean } | undefined {
  const by = direction === "sent" ? "received" : "sent";
  const last = (key: string) => ({ key: `${by} ${key}`, isLast: true });
  switch (frame.type) {
    case "welcome":
      return last("hello");
    case "authenticated":
      return last("authenticate");
    case "pong":
      return last(`ping ${frame.id ?? ""}`);
    case "subscribed":
      return {
        key: `${by} request ${frame.request} ${frame.channel}`,
        isLast: frame.answer === "current",
      };
    case "snapshot":
    case "history_page":
      return last(`request ${frame.request} ${frame.channel}`);
    case "error":
    case "changes":
      return frame.request === undefined
        ? undefined
        : last(`request ${frame.request} ${frame.channel}`);
    case "producing":
      return last(`produce ${frame.channel}`);
    case "command_result":
      return {
        key: `${by} command ${frame.id} ${frame.channel}`,
        isLast: frame.status !== "accepted",
      };
    default:
      return undefined;
  }
}
