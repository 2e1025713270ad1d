import type { Clock } from "@deltawire/encoder";
import {
  type ChangesFrame,
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  type ErrorFrame,
  type Filter,
  type Frame,
  type HistoryPageFrame,
  LIMITS,
  type ProduceFrame,
  unreachable,
} from "@deltawire/spec";
import type { Principal } from "./access.js";
import { Acknowledgements } from "./acknowledgements.js";
import type { Asker } from "./channel-commands.js";
import { nameOf } from "./commanding.js";
import { encodeFrame } from "./event-stream.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Post, PostedFrame } from "./http-post.js";
import type { HttpProducer, HttpProducers } from "./http-producers.js";

/** What an {@link HttpWrite} works with. */
export interface WriteHost {
  readonly channel: HostedChannel;
  readonly principal: Principal;
  readonly producers: HttpProducers;
  readonly clock: Clock;
  report(defect: unknown): void;
}

/**
 * One request to write, as it is handled: all of its frames, in order.
 * PROTOCOL.md, "HTTP".
 */
export class HttpWrite implements Asker {
  readonly #host: WriteHost;
  readonly #channel: HostedChannel;
  readonly #producers: HttpProducers;
  /** Commands of this request that have no result yet. */
  readonly #asked = new Set<string>();
  #wake: () => void = () => undefined;
  readonly #acks = new Acknowledgements();
  #answer: Frame[] = [];
  /** Frames that the log does not have yet. */
  readonly #appending: Promise<void>[] = [];
  /** About the bytes of what was asked for, in the answer. */
  #size = 0;
  #producer: HttpProducer | undefined;

  constructor(host: WriteHost) {
    this.#host = host;
    this.#channel = host.channel;
    this.#producers = host.producers;
  }

  /** Handles everything; what is wrong with one frame stands in the answer. */
  async handle({ producer, frames }: Post): Promise<void> {
    if (producer) await this.#try(producer, () => this.#hold(producer));
    const isRefused = producer !== undefined && !this.#producer; // one error says so
    for (const frame of frames) {
      const needsProducer = frame.type === "changes" || frame.type === "command_result";
      if (!needsProducer || !isRefused) await this.#try(frame, () => this.#handle(frame));
    }
    await Promise.all(this.#appending);
    this.#acknowledge();
  }

  /** Waits for the results of commands; where there was nothing to handle, for the next command. */
  settled({ frames }: Post, wait: number, signal: AbortSignal): Promise<void> {
    const isListening = frames.length === 0 && this.#producer !== undefined;
    if (wait === 0 || signal.aborted || (this.#asked.size === 0 && !isListening))
      return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#host.clock.after(wait, end);
      signal.addEventListener("abort", end);
      this.#wake = end;
      if (isListening) this.#producer?.onFrame(end);
    });
  }

  onResult(frame: CommandResultFrame): void {
    this.#say(frame);
    if (frame.status === "accepted") return;
    this.#asked.delete(frame.id);
    if (this.#asked.size === 0) this.#wake();
  }

  #say(frame: HistoryPageFrame | CommandResultFrame): void {
    this.#answer.push(frame);
    this.#size += encodeFrame(frame).length;
  }

  /** What is asked for may be many times what the request takes. */
  #requireRoom(): void {
    if (this.#size <= LIMITS.max_frame_bytes) return;
    const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by the answer; ask again`;
    throw new DeltawireError("overloaded", what);
  }

  /** The frames of the answer. From here on the producer's lease runs. */
  end(): Frame[] {
    this.#channel.commands.forget(this);
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer) {
      this.#answer.push(...producer.take());
      this.#producers.release(producer);
    }
    return this.#answer;
  }

  async #try(frame: PostedFrame, run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failed(error, frame);
    }
  }

  #failed(error: unknown, frame: PostedFrame): void {
    this.#acknowledge(); // what came before it was taken
    this.#answer.push(this.#refusal(error, frame));
  }

  #handle(frame: PostedFrame): void | Promise<void> {
    switch (frame.type) {
      case "produce":
        return this.#attach(frame);
      case "changes":
        this.#append(frame);
        return;
      case "history":
        this.#requireRoom();
        this.#say(this.#source(frame.filter).page(frame));
        return;
      case "command":
        this.#requireRoom();
        this.#ask(frame);
        return;
      case "command_result":
        this.#resolve(frame);
        return;
      default:
        unreachable(frame);
    }
  }

  #source(filter: Filter | undefined): Pick<HostedChannel, "page"> {
    return filter ? this.#channel.followers.view(filter) : this.#channel;
  }

  /** Goes on under the token that is stated; attaches anew where that is not good any more. */
  async #hold(frame: ProduceFrame): Promise<void> {
    const { producer, token } = frame;
    const isRenewed = token !== undefined && (await this.#renew(producer, token));
    if (!isRenewed) await this.#attach(frame);
    else if (frame.commands) this.#producer?.takeCommands();
  }

  async #renew(producer: string, token: number): Promise<boolean> {
    try {
      this.#producer = await this.#producers.hold(this.#channel, producer, token);
      return true;
    } catch (error) {
      // Whether its instance may come back is for the channel to say.
      if (error instanceof DeltawireError && error.code === "fenced") return false;
      throw error;
    }
  }

  async #attach(frame: ProduceFrame): Promise<void> {
    await Promise.all(this.#appending.splice(0)); // it acknowledges by other numbers
    if (this.#producer) this.#producers.release(this.#producer);
    this.#producer = undefined;
    const { producer, producing } = await this.#producers.attach(this.#channel, frame);
    this.#producer = producer;
    this.#answer.push(producing);
    if (frame.commands) producer.takeCommands();
  }

  #ask(frame: CommandFrame): void {
    this.#asked.add(frame.id);
    try {
      this.#channel.commands.ask(this, nameOf(this.#host.principal), frame);
    } catch (error) {
      this.#asked.delete(frame.id);
      throw error;
    }
  }

  #resolve(frame: CommandResultFrame): void {
    const producer = this.#attached(frame);
    producer.takeCommands();
    producer.resolve(frame);
  }

  #attached({ type }: PostedFrame): HttpProducer {
    if (this.#producer) return this.#producer;
    const what = `${type} came without a producer that is attached; state producer and token`;
    throw new DeltawireError("unexpected_frame", what, { path: "/type" });
  }

  #append(frame: ChangesFrame): void {
    const { id, token } = this.#attached(frame);
    const appending = this.#channel.append(id, token, frame);
    if (appending instanceof Promise) {
      const settled = appending.then(
        ({ ack }) => this.#acks.add(ack),
        (error) => this.#failed(error, frame),
      );
      this.#appending.push(settled);
    } else this.#acks.add(appending.ack);
  }

  #acknowledge(): void {
    this.#answer.push(...this.#acks.take());
  }

  #refusal(error: unknown, frame: PostedFrame): ErrorFrame {
    const isDefect = !(error instanceof DeltawireError);
    if (isDefect) this.#host.report(error);
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
