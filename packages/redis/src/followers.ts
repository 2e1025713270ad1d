import type { LogNews } from "@deltawire/server";
import type { Keys } from "./channel-keys.js";
import type { Commands } from "./commands.js";
import { FollowedChannel } from "./followed-channel.js";
import { TOUCH } from "./scripts.js";
import type { Subscriptions } from "./subscriptions.js";

/** Milliseconds between two looks at what may have been lost. */
const CHECK_INTERVAL = 1000;

/** Who follows which channels, with one subscription for each channel. */
export class Followers {
  readonly #keys: Keys;
  readonly #commands: Commands;
  readonly #subscriptions: Subscriptions;
  readonly #expire: number;
  readonly #channels = new Map<string, FollowedChannel>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param expire milliseconds that an unused channel is kept; 0: for ever */
  constructor(keys: Keys, commands: Commands, subscriptions: Subscriptions, expire: number) {
    this.#keys = keys;
    this.#commands = commands;
    this.#subscriptions = subscriptions;
    this.#expire = expire;
    this.#timer = setInterval(() => this.#check(), CHECK_INTERVAL);
    this.#timer.unref();
  }

  /** @returns stops it */
  follow(channel: string, tell: (news: LogNews) => void): () => void {
    const { news } = this.#keys.channel(channel);
    const followed = this.#channels.get(channel) ?? this.#open(channel, news);
    const own = (one: LogNews) => tell(one);
    followed.add(own);
    // Who comes when the subscription stands already is told as the first one was.
    if (this.#subscriptions.isConfirmed(news)) queueMicrotask(() => followed.doubt(own));
    return () => {
      followed.remove(own);
      if (!followed.isEmpty || this.#channels.get(channel) !== followed) return;
      this.#channels.delete(channel);
      this.#subscriptions.remove(news);
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#channels.clear();
    this.#subscriptions.close();
  }

  #open(channel: string, news: string): FollowedChannel {
    // Asking is use: it keeps what would expire.
    const maxPause = this.#expire > 0 ? this.#expire / 3 : Number.POSITIVE_INFINITY;
    const followed = new FollowedChannel(() => this.#tag(channel), maxPause);
    this.#channels.set(channel, followed);
    this.#subscriptions.add(news, followed);
    return followed;
  }

  /** The tag of a channel's last record. */
  async #tag(channel: string): Promise<string> {
    const { head, log, snapshot } = this.#keys.channel(channel);
    if (this.#expire === 0) return (await this.#commands.fields(head, "t"))[0] ?? "";
    const tag = await this.#commands.run(TOUCH, [head, log, snapshot], [this.#expire]);
    return tag === null ? "" : `${tag}`;
  }

  #check(): void {
    this.#subscriptions.check();
    const now = performance.now();
    for (const followed of this.#channels.values()) {
      // Where Redis does not answer, the next check asks again.
      if (followed.isDue(now)) followed.check(now).catch(() => undefined);
    }
  }
}
