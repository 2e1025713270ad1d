import { type Channel, connect } from "@deltawire/client";
import type { ChannelState } from "@deltawire/protocol";
import type { Change } from "@deltawire/spec";
import { contentOf, holdingOf, writeHolding } from "./digest.js";
import { type Mark, now, onOrder, report } from "./ipc.js";

/** A consumer, and how it reaches the server. */
interface ConsumerSettings {
  readonly name: string;
  readonly url: string;
  readonly codec: "msgpack" | "json";
  /** Joins when it is told to, not at the start. */
  readonly late: boolean;
}

/** What the consumers' process is told when it starts. */
export interface ConsumersSettings {
  readonly channel: string;
  readonly message: string;
  readonly folder: string;
  readonly consumers: readonly ConsumerSettings[];
  /** The consumer that shall hold something else in the end, to see the check fail. */
  readonly corrupt?: string;
}

/** Milliseconds that a consumer may be behind the producer at the end. */
const PATIENCE = 15_000;

/** Milliseconds between two reports of one consumer. */
const REPORT = 100;

/** Units of the text that the live view shows. */
const TAIL = 400;

/** The consumers: each follows the channel over a connection of its own. */
export async function runConsumers(settings: ConsumersSettings): Promise<void> {
  const consumers = settings.consumers.map((consumer) => new Consumer(consumer, settings));
  for (const consumer of consumers) if (!consumer.late) consumer.join();
  await new Promise<void>((finish) =>
    onOrder((order) => {
      if (order.type === "join") consumers.find(({ name }) => name === order.consumer)?.join();
      if (order.type === "finish") finish();
    }),
  );
  await Promise.all(consumers.map((consumer) => consumer.finish()));
  report({ type: "done" });
}

class Consumer {
  readonly name: string;
  readonly late: boolean;
  readonly #settings: ConsumersSettings;
  readonly #wire: ReturnType<typeof connect>;
  readonly #channel: Channel;
  #units = 0;
  #marks: Mark[] = [];
  #reportedAt = 0;
  #part = "text";

  constructor({ name, url, codec, late }: ConsumerSettings, settings: ConsumersSettings) {
    this.name = name;
    this.late = late;
    this.#settings = settings;
    this.#wire = connect(url, { codec });
    this.#channel = this.#wire.channel(settings.channel);
  }

  join(): void {
    this.#follow().catch((error: Error) => {
      report({ type: "failed", message: `consumer ${this.name}: ${error.message}` });
    });
  }

  async #follow(): Promise<void> {
    for await (const event of this.#channel.changes()) {
      if (event.type === "reset") {
        this.#units = unitsOf(event.state);
        report({ type: "joined", consumer: this.name, ...measure(event.state) });
      } else for (const change of event.changes) this.#count(change);
      this.#marks.push([this.#units, now()]);
      if (now() - this.#reportedAt >= REPORT) this.#report(event.state);
    }
  }

  #count(change: Change): void {
    const parts = change.type === "message_patch" ? (change.parts ?? []) : [];
    for (const part of parts) {
      if (part.type === "part_inserted" && part.content.kind === "text") {
        this.#units += part.content.text.length;
        this.#part = part.content.id;
      }
      if (part.type !== "text_splice") continue;
      for (const { text, removed } of part.splices) this.#units += text.length - removed;
      this.#part = part.part;
    }
    if (change.type !== "message_added") return;
    for (const part of change.parts) if (part.kind === "text") this.#units += part.text.length;
  }

  #report(state: ChannelState): void {
    this.#reportedAt = now();
    const part = state.message(this.#settings.message)?.part(this.#part);
    const text = part?.kind === "text" ? part.content : undefined;
    const tail = text ? text.slice(Math.max(0, text.length - TAIL), text.length) : "";
    report({ type: "seen", consumer: this.name, marks: this.#marks, tail });
    this.#marks = [];
  }

  /** Waits for the end of the message, and writes down what this consumer holds. */
  async finish(): Promise<void> {
    const { folder, message, corrupt } = this.#settings;
    const deadline = now() + PATIENCE;
    const held = () => this.#channel.state.message(message);
    while (!held()?.isFinal && now() < deadline) await new Promise((wake) => setTimeout(wake, 10));
    const content = contentOf(held()).map(([id, value], i): readonly [string, unknown] =>
      corrupt === this.name && i === 0 ? [id, `${String(value)}?`] : [id, value],
    );
    this.#report(this.#channel.state);
    await writeHolding(folder, this.name, holdingOf(held()?.status ?? "missing", content));
    await this.#wire.close();
  }
}

function unitsOf(state: ChannelState): number {
  const parts = state.messages.flatMap((message) => message.parts);
  return parts.reduce((sum, part) => sum + (part.kind === "text" ? part.content.length : 0), 0);
}

/** What a snapshot carried: the bytes of its content, and how much structure. */
function measure(state: ChannelState): { textBytes: number; parts: number; messages: number } {
  let textBytes = bytesOf(state.attributes);
  for (const { attributes, parts } of state.messages) {
    textBytes += bytesOf(attributes);
    for (const part of parts) {
      if (part.kind === "text") textBytes += Buffer.byteLength(part.text);
      else textBytes += part.kind === "json" ? bytesOf(part.value) : part.content.length;
    }
  }
  const parts = state.messages.reduce((sum, message) => sum + message.parts.length, 0);
  return { textBytes, parts, messages: state.messages.length };
}

function bytesOf(value: unknown): number {
  const text = JSON.stringify(value);
  return text === "{}" ? 0 : Buffer.byteLength(text);
}
