import { type Channel, connect, type Message, type Wire } from "@deltawire/client";
import type { ConsumersRequest, ConsumersSettings, Written } from "./requests.js";
import { answer, settings, until } from "./runner.js";

// Consumers in a process of their own: each has a connection, and reads one channel.

const { url, consumers } = settings<ConsumersSettings>();

/** What is told of what is wrong, at most. */
const MOST = 5;

/** One reader, and what it has seen that must not be. */
class Consumer {
  readonly #wire: Wire = connect(url);
  readonly #seen = new Map<string, Message>();
  #channel: Channel | undefined;
  #stop: () => void = () => undefined;
  readonly wrong: string[] = [];

  read(name: string): void {
    if (this.#channel?.name === name) return;
    this.#stop();
    this.#seen.clear();
    const channel = this.#wire.channel(name);
    this.#channel = channel;
    this.#stop = channel.subscribe(() => this.#look(channel));
  }

  /** When the newest of what it has was written. */
  get newest(): number {
    const last = (this.#channel?.state.messages ?? []).slice(-8);
    const times = last.map(({ text }) =>
      Number.parseInt(text.slice(text.lastIndexOf("@") + 1), 10),
    );
    return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
  }

  /** What it has and was not written, or the other way around; undefined where that is the same. */
  difference(written: Written): string | undefined {
    const name = this.#channel?.name ?? "";
    const texts = written[name] ?? {};
    const { messages = [] } = this.#channel?.state ?? {};
    const has = new Set(messages.map(({ id }) => id));
    for (const id of Object.keys(texts)) if (!has.has(id)) return `${name}: no message ${id}`;
    for (const { id, status, text } of messages) {
      const should = texts[id];
      if (should === undefined) return `${name}: a message ${id} that nobody completed (${status})`;
      if (status !== "completed") return `${name}: ${id} is ${status}`;
      if (text !== should) return `${name}: ${id} differs ${differ(text, should)}`;
    }
    if (has.size !== messages.length) return `${name}: a message is there twice`;
    return undefined;
  }

  /** No message goes, and none changes once it is completed. */
  #look(channel: Channel): void {
    const { state } = channel;
    if (state.messages.length < this.#seen.size) this.#note(`${channel.name}: a message has gone`);
    for (const message of state.messages) {
      const before = this.#seen.get(message.id);
      if (before === message) continue;
      this.#seen.set(message.id, message);
      if (before?.status !== "completed") continue;
      if (message.text !== before.text || message.status !== "completed") {
        this.#note(`${channel.name}: ${message.id} changed after its end, to ${message.status}`);
      }
    }
    if (channel.error) this.#note(`${channel.name}: ${channel.error}`);
  }

  #note(what: string): void {
    if (this.wrong.length < MOST) this.wrong.push(what);
  }
}

const differ = (is: string, should: string): string => {
  let at = 0;
  while (at < is.length && is[at] === should[at]) at += 1;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40));
  return `at ${at} of ${is.length} (${should.length}): ${around(is)}, not ${around(should)}`;
};

const all = Array.from({ length: consumers }, () => new Consumer());
const some = (what: readonly string[]): readonly string[] => [...new Set(what)].slice(0, MOST);

answer<ConsumersRequest>(async (request) => {
  switch (request.type) {
    case "read": {
      const { channels } = request;
      for (const [i, one] of all.entries()) one.read(channels[i % channels.length] ?? "");
      return [];
    }
    case "newer": {
      const late = () => all.filter(({ newest }) => newest <= request.than);
      if (await until(() => late().length === 0, request.within)) return [];
      return [`${late().length} consumers have nothing new`];
    }
    case "compare": {
      const { written, within } = request;
      // Those that were equal once are not asked again.
      let open: readonly Consumer[] = all;
      await until(() => {
        open = open.filter((one) => one.difference(written) !== undefined);
        return open.length === 0;
      }, within);
      const different = open.map((one) => one.difference(written) ?? "");
      return some([...different, ...all.flatMap(({ wrong }) => wrong.splice(0))]);
    }
  }
});
