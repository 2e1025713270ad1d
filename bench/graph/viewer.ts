import { type Channel, connect, type Message, type Wire } from "@deltawire/client";

/** Milliseconds since the Unix epoch, the same for all processes of a machine. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** One who looks at the files of some folders; without a screen. */
export class Viewer {
  /** When it saw each mark: a package that a file imports. */
  readonly seen: Map<string, number> = new Map();
  readonly #wire: Wire;
  readonly #channel: Channel;
  readonly #looked = new Map<string, Message>();

  /** @param prefix of the folders, all where it is empty */
  constructor(url: string, prefix: string) {
    this.#wire = connect(url, { throttle: 0 });
    const filter = { attributes: { "/folder": { prefix } } };
    this.#channel = this.#wire.channel("graph/main", prefix === "" ? {} : { filter });
    this.#channel.subscribe(() => this.#look());
  }

  #look(): void {
    const now = clock();
    for (const message of this.#channel.state.messages) {
      if (this.#looked.get(message.id) === message) continue;
      this.#looked.set(message.id, message);
      const part = message.part("imports");
      const { packages = [] } = Object(part?.kind === "json" ? part.value : {});
      for (const mark of packages) if (!this.seen.has(mark)) this.seen.set(mark, now);
    }
  }

  /** Files that it has. */
  get files(): number {
    return this.#channel.state.messages.length;
  }

  get isLive(): boolean {
    return this.#channel.status.is === "live";
  }

  leave(): Promise<void> {
    return this.#wire.close();
  }
}
