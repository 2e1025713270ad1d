import {
  type ChangesFrame,
  DeltawireError,
  type ErrorFrame,
  type Frame,
  type HistoryFrame,
  type ProduceFrame,
  parseFrame,
} from "@deltawire/spec";
import type { Action } from "./access.js";
import { Acknowledgements } from "./acknowledgements.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { HttpProducer, HttpProducers } from "./http-producers.js";

/** The frames that a request may carry. */
type PostedFrame = ProduceFrame | ChangesFrame | HistoryFrame;

/** What each of them takes. */
const ACTIONS: Readonly<Record<PostedFrame["type"], Action>> = {
  produce: "produce",
  changes: "produce",
  history: "subscribe",
};

/** A request to write: the producer that it is of, if it states one, and its frames. */
export interface Post {
  readonly producer?: ProduceFrame;
  readonly frames: readonly PostedFrame[];
  /** What its sender must be allowed to do. */
  readonly actions: ReadonlySet<Action>;
}

/**
 * Reads the body of a request.
 *
 * @throws DeltawireError of the group `correct`, with the path in the body; then nothing of it is
 *   taken
 */
export function parsePost(body: string, channel: string): Post {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new DeltawireError("malformed", "the body is not JSON", { channel, path: "" });
  }
  const { producer, instance, token, commands, frames }: Record<string, unknown> = Object(value);
  if (!Array.isArray(frames)) {
    const what = "the body is an object with a list of frames";
    throw new DeltawireError("malformed", what, { channel, path: "/frames" });
  }
  const stated = { type: "produce", channel, producer, instance, token, commands };
  const claim = producer === undefined ? undefined : posted(stated, channel, "");
  const parsed = frames.map((frame: unknown, i) => posted(frame, channel, `/frames/${i}`));
  const actions = new Set(parsed.map(({ type }) => ACTIONS[type]));
  if (claim?.type !== "produce") return { frames: parsed, actions };
  return { producer: claim, frames: parsed, actions: actions.add("produce") };
}

function posted(value: unknown, channel: string, path: string): PostedFrame {
  try {
    const frame = parseFrame({ channel, ...Object(value) }, "base64");
    if (!isPosted(frame)) {
      const what = `${frame.type} is not sent by a request`;
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    if (frame.channel === channel) return frame;
    throw new DeltawireError("malformed", "the URL names another channel", { path: "/channel" });
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const place = { channel, path: path + (error.path ?? "") };
    throw new DeltawireError(error.code, `${error.message} (${place.path})`, place);
  }
}

function isPosted(frame: Frame): frame is PostedFrame {
  return Object.hasOwn(ACTIONS, frame.type);
}

/**
 * One request to write, as it is handled: all of its frames, in order, at once.
 * PROTOCOL.md, "HTTP".
 */
export class HttpWrite {
  readonly #channel: HostedChannel;
  readonly #producers: HttpProducers;
  readonly #report: (defect: unknown) => void;
  readonly #acks = new Acknowledgements();
  #answer: Frame[] = [];
  #producer: HttpProducer | undefined;

  constructor(channel: HostedChannel, producers: HttpProducers, report: (defect: unknown) => void) {
    this.#channel = channel;
    this.#producers = producers;
    this.#report = report;
  }

  /** Handles everything; what is wrong with one frame stands in the answer. */
  handle({ producer, frames }: Post): void {
    if (producer) this.#try(producer, () => this.#hold(producer));
    const isRefused = producer !== undefined && !this.#producer; // one error says so
    for (const frame of frames) {
      if (frame.type !== "changes" || !isRefused) this.#try(frame, () => this.#handle(frame));
    }
    this.#acknowledge();
  }

  /** The frames of the answer. From here on the producer's lease runs. */
  end(): Frame[] {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer) {
      this.#answer.push(...producer.take());
      this.#producers.release(producer);
    }
    return this.#answer;
  }

  #try(frame: PostedFrame, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#acknowledge(); // what came before it was taken
      this.#answer.push(this.#refusal(error, frame));
    }
  }

  #handle(frame: PostedFrame): void {
    switch (frame.type) {
      case "produce":
        this.#attach(frame);
        return;
      case "changes":
        this.#append(frame);
        return;
      case "history":
        this.#answer.push(this.#channel.page(frame));
        return;
    }
  }

  /** Goes on under the token that is stated; attaches anew where that is not good any more. */
  #hold(frame: ProduceFrame): void {
    if (frame.token !== undefined && this.#renew(frame.producer, frame.token)) return;
    this.#attach(frame);
  }

  #renew(producer: string, token: number): boolean {
    try {
      this.#producer = this.#producers.hold(this.#channel, producer, token);
      return true;
    } catch (error) {
      // Whether its instance may come back is for the channel to say.
      if (error instanceof DeltawireError && error.code === "fenced") return false;
      throw error;
    }
  }

  #attach(frame: ProduceFrame): void {
    if (this.#producer) this.#producers.release(this.#producer);
    this.#producer = undefined;
    const { producer, producing } = this.#producers.attach(this.#channel, frame);
    this.#producer = producer;
    this.#answer.push(producing);
  }

  #append(frame: ChangesFrame): void {
    if (!this.#producer) {
      const what = "changes came without a producer that is attached; state producer and token";
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    const { id, token } = this.#producer;
    this.#acks.add(this.#channel.append(id, token, frame).ack);
  }

  #acknowledge(): void {
    this.#answer.push(...this.#acks.take());
  }

  #refusal(error: unknown, frame: PostedFrame): ErrorFrame {
    const isDefect = !(error instanceof DeltawireError);
    if (isDefect) this.#report(error);
    const known = isDefect ? new DeltawireError("internal", "the server failed on this") : error;
    const { code, message, path } = known;
    return {
      type: "error",
      code,
      message,
      channel: this.#channel.name,
      ...(frame.type === "history" && { request: frame.request }),
      ...(path !== undefined && { path }),
    };
  }
}
