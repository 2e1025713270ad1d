import { Child } from "../fanout/child.js";
import type { BareOrder } from "./bare-server.js";
import type { ConsumersAnswer, ConsumersOrder } from "./consumers.js";
import type { ProducerOrder, Written } from "./producer.js";
import type { Listening } from "./server.js";

interface Children {
  readonly server: Child<never, Listening>;
  readonly bare: Child<BareOrder, Listening>;
  readonly producer: Child<ProducerOrder, Written>;
  readonly consumers: Child<ConsumersOrder, ConsumersAnswer>;
  /** Where bare WebSockets go. */
  readonly bareUrl: string;
}

/**
 * A server, a producer and any number of consumers: three processes, with sockets between them. And
 * a fourth one, a server of bare WebSockets, for what others would send in our place.
 */
export class Crowd {
  readonly #children: Children;
  #messages = 0;
  #joined = 0;
  #due = 0;
  #equal = 0;

  private constructor(children: Children) {
    this.#children = children;
  }

  /** Runs something with a crowd, and ends its processes. */
  static async with<Result>(run: (crowd: Crowd) => Promise<Result>): Promise<Result> {
    const started: { end(): void }[] = [];
    async function start<Order, Answer>(program: string, ...args: readonly string[]) {
      const module = new URL(program, import.meta.url);
      const { child, first } = await Child.start<Order, Answer>(module, ...args);
      started.push(child);
      return [child, first] as const;
    }
    try {
      const [[server, { url }], [bare, { url: bareUrl }]] = await Promise.all([
        start<never, Listening>("./server.ts"),
        start<BareOrder, Listening>("./bare-server.ts"),
      ]);
      const [[producer], [consumers]] = await Promise.all([
        start<ProducerOrder, Written>("./producer.ts", url),
        start<ConsumersOrder, ConsumersAnswer>("./consumers.ts", url),
      ]);
      return await run(new Crowd({ server, bare, producer, consumers, bareUrl }));
    } finally {
      for (const child of started) child.end();
    }
  }

  /** More consumers join, over some milliseconds. Returns how long each of them took. */
  async join(count: number, over: number): Promise<readonly number[]> {
    this.#joined += count;
    return (await this.#children.consumers.ask({ type: "join", count, over })).joined;
  }

  /** Bare WebSockets join instead: their server answers their first message. */
  async joinBare(count: number, over: number): Promise<readonly number[]> {
    const { consumers, bareUrl: bare } = this.#children;
    return (await consumers.ask({ type: "join", count, over, bare })).joined;
  }

  /** All consumers leave. */
  async leave(): Promise<void> {
    this.#joined = 0;
    await this.#children.consumers.ask({ type: "leave" });
  }

  /** Tokens are written that say when. */
  stamps(throttle: number, perSecond: number, tokens: number): Promise<ConsumersAnswer> {
    const message = this.#nextMessage();
    return this.#deliver({ type: "stamps", message, throttle, perSecond, tokens });
  }

  /** Windows of a text are written, a frame each. */
  windows(windows: readonly string[]): Promise<ConsumersAnswer> {
    return this.#deliver({ type: "windows", message: this.#nextMessage(), windows });
  }

  #nextMessage(): string {
    this.#messages += 1;
    return `message-${this.#messages}`;
  }

  async #deliver(order: ProducerOrder): Promise<ConsumersAnswer> {
    const { producer, consumers } = this.#children;
    const written = await producer.ask(order);
    const { message } = order;
    const answer = await consumers.ask({ type: "compare", message, ...written });
    this.#due += this.#joined;
    this.#equal += answer.equal;
    return answer;
  }

  /** Bytes that one bare WebSocket receives for messages. */
  async sendBare(messages: readonly string[]): Promise<number> {
    const { bare, consumers } = this.#children;
    await this.joinBare(1, 0);
    await bare.ask({ messages });
    const { bytes, equal } = await consumers.ask({ type: "count", messages: messages.length });
    if (equal !== 1) throw new Error("a bare WebSocket misses something");
    await this.leave();
    return bytes;
  }

  /** Consumers that held exactly what was written, of those that should have, over all messages. */
  get delivered(): { readonly equal: number; readonly due: number } {
    return { equal: this.#equal, due: this.#due };
  }

  /** Bytes that the server's process holds: now, and at most so far. */
  get memory(): { readonly now: number; readonly most: number } {
    const { resident, peak } = this.#children.server;
    return { now: resident, most: peak };
  }
}
