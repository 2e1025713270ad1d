import type {
  ConsumersRequest,
  ConsumersSettings,
  ProducersRequest,
  ProducersSettings,
  Written,
} from "./requests.js";
import { Role } from "./role.js";

/** How many there are, each with a connection. */
export interface Size {
  readonly producers: number;
  readonly consumers: number;
  readonly channels: number;
}

/** Milliseconds between two edits of a producer. */
const PACE = 250;

/** Consumers in one process. */
const TOGETHER = 250;

/** Those who write and those who read. */
export class Population {
  readonly #size: Size;
  readonly #producers: Role<ProducersRequest>;
  readonly #consumers: readonly Role<ConsumersRequest>[];
  /** What was completed in the channels that are used now. */
  #written: Record<string, Record<string, string>> = {};
  #channels: readonly string[] = [];

  constructor(url: string, size: Size) {
    this.#size = size;
    const writing: ProducersSettings = { url, producers: size.producers, pace: PACE };
    this.#producers = new Role("./producers.ts", writing);
    const processes = Math.ceil(size.consumers / TOGETHER);
    this.#consumers = Array.from({ length: processes }, () => {
      const reading: ConsumersSettings = { url, consumers: Math.ceil(size.consumers / processes) };
      return new Role("./consumers.ts", reading);
    });
  }

  /** Takes other channels from now on, with nothing in them. */
  async move(era: string): Promise<void> {
    this.#channels = Array.from({ length: this.#size.channels }, (_, i) => `${era}-${i}`);
    this.#written = {};
    await this.#ask({ type: "read", channels: this.#channels });
  }

  async write(run: string): Promise<void> {
    await this.#producers.ask({ type: "write", channels: this.#channels, run });
  }

  /** Whether each consumer gets something written after a time. @returns what is wrong */
  newer(than: number, within: number): Promise<readonly string[]> {
    return this.#ask({ type: "newer", than, within });
  }

  /** Everybody completes what is in hand. @returns what was written to the channels, all in all */
  async finish(): Promise<Written> {
    const written = await this.#producers.ask<Written>({ type: "finish" });
    for (const [channel, texts] of Object.entries(written)) {
      this.#written[channel] = { ...this.#written[channel], ...texts };
    }
    return this.#written;
  }

  /** Whether each consumer has what was written. @returns what is wrong */
  compare(written: Written, within: number): Promise<readonly string[]> {
    return this.#ask({ type: "compare", written, within });
  }

  async stop(): Promise<void> {
    await Promise.all([this.#producers, ...this.#consumers].map((role) => role.kill()));
  }

  async #ask(request: ConsumersRequest): Promise<readonly string[]> {
    const answers = this.#consumers.map((role) => role.ask<readonly string[]>(request));
    return (await Promise.all(answers)).flat();
  }
}
