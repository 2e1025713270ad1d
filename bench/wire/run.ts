import type { Input, Message, Peer, Receiver, Sender } from "./peer.js";
import { Truth } from "./truth.js";
import { type Window, windowsOf } from "./windows.js";

/** How far a run goes before the rest of a long input is left out. */
export interface Bounds {
  readonly milliseconds?: number;
  readonly bytes?: number;
  readonly windows?: number;
}

/** One producer of a peer and one consumer who is there from the beginning, on one input. */
export class Run {
  readonly peer: Peer;
  readonly input: Input;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly truth: Truth = new Truth();

  private constructor(peer: Peer, input: Input) {
    this.peer = peer;
    this.input = input;
    this.sender = peer.sender(input);
    this.receiver = peer.receiver(input);
  }

  static async begin(peer: Peer, input: Input): Promise<Run> {
    const run = new Run(peer, input);
    for (const message of run.sender.open?.() ?? []) await run.receiver.receive(message);
    return run;
  }

  get windows(): readonly Window[] {
    return windowsOf(this.input, this.peer);
  }

  /** What a consumer is sent of a window. */
  send(window: Window): readonly Message[] {
    this.truth.apply(window);
    return this.#relayed(this.sender.send(window));
  }

  /** What a consumer is sent when everything is complete. */
  end(): readonly Message[] {
    return this.#relayed(this.sender.end());
  }

  #relayed(messages: readonly Message[]): readonly Message[] {
    return this.sender.relay ? this.sender.relay(messages) : messages;
  }

  /** @throws Error where somebody shows something else than what was written */
  check(receiver: Receiver = this.receiver): void {
    const parts = this.truth.differences(receiver);
    if (parts.length === 0) return;
    throw new Error(`${this.peer.name} on ${this.input.name}: wrong in ${parts.join(", ")}`);
  }

  /**
   * Sends every window and the end; `onMessage` takes each message on. Returns how many windows
   * were within the bounds: the others are left out.
   */
  async play(
    onMessage: (message: Message) => void | Promise<void>,
    windows: readonly Window[] = this.windows,
    isEnough: () => boolean = () => false,
  ): Promise<number> {
    let count = 0;
    for (const window of windows) {
      for (const message of this.send(window)) await onMessage(message);
      count += 1;
      if (isEnough()) break;
    }
    for (const message of this.end()) await onMessage(message);
    return count;
  }
}

/** Says when a run has gone far enough: asked after each window. */
export function enough(bounds: Bounds, sent: () => number): () => boolean {
  const { milliseconds = Infinity, bytes = Infinity, windows = Infinity } = bounds;
  const start = performance.now();
  let count = 0;
  return () => {
    count += 1;
    return count >= windows || performance.now() - start > milliseconds || sent() > bytes;
  };
}
