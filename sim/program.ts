import type { Channel } from "@deltawire/client";
import { apply, type ChannelState } from "@deltawire/protocol";
import { DeltawireError, type Filter } from "@deltawire/spec";
import type { Platform } from "../packages/client/src/platform.js";
import { preload } from "../packages/client/src/preload.js";
import { Wire } from "../packages/client/src/wire.js";
import { seen } from "./content.js";
import { canonical } from "./draft.js";
import { type Ledger, View } from "./ledger.js";
import type { Network } from "./network.js";
import type { Random } from "./random.js";
import { Violation } from "./violation.js";
import { Process, type World } from "./world.js";

await preload(); // nothing may come at a time that the seed does not choose

/** Why there may be no earlier messages for now: also, the first one that is shown was removed. */
const PASSING = new Set(["connection_lost", "closed", "unknown_message", "overloaded"]);

/** Milliseconds until the next frame is painted. */
const FRAME = 16;

/** One who watches a channel, and what that one was told of. */
class Watched {
  /** The state when it was called back the last time. */
  told: ChannelState | undefined;
  readonly #channel: Channel;
  readonly #look: () => void;
  #stop: (() => void) | undefined;
  #hasLeft = false;

  constructor(channel: Channel, look: () => void) {
    this.#channel = channel;
    this.#look = look;
    this.begin();
  }

  begin(): void {
    if (this.#stop || this.#hasLeft) return;
    this.told = this.#channel.state;
    this.#stop = this.#channel.subscribe(() => {
      this.told = this.#channel.state;
      this.#look();
    });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  leave(): void {
    this.#hasLeft = true;
    this.stop();
  }
}

/** How a program connects. */
export interface ProgramOptions {
  readonly codec: "json" | "msgpack";
  readonly throttle?: number;
  readonly producer?: string;
  /** Milliseconds that a token is good for. */
  readonly tokens?: number | undefined;
}

/** What a program wants to see of a channel. */
export interface ViewOptions {
  readonly last?: number | undefined;
  readonly filter?: Filter | undefined;
}

/** A run of a program with a client in it. */
export class Program {
  readonly process: Process;
  readonly wire: Wire;
  readonly #random: Random;
  readonly #world: World;
  /** Its views of channels. */
  readonly views: { readonly view: View; readonly channel: Channel; readonly watched: Watched }[] =
    [];

  constructor(name: string, network: Network, random: Random, options: ProgramOptions) {
    const { world } = network;
    const process = new Process(world, name);
    const platform: Platform = {
      clock: process.clock,
      random: () => random.next(),
      WebSocket: network.sockets(process),
      fetch: () => Promise.reject(new TypeError("there is no HTTP here")),
      notify: (run) => world.at(world.now + FRAME, process, run),
      onWake: (run) => process.onWake(run),
    };
    this.process = process;
    this.#world = world;
    this.#random = random.fork();
    const { tokens, ...rest } = options;
    const token = tokens !== undefined && { token: () => this.#token(tokens) };
    this.wire = new Wire("ws://server/wire", { ...rest, ...token }, platform);
  }

  /** A new token: who it is, and until when. Getting it may take a while. */
  async #token(lifetime: number): Promise<string> {
    const { name } = this.process;
    const wait = this.#random.pick([0, 0, 0, 100]);
    if (wait > 0) await this.#wait(wait);
    return `${name} ${this.#world.now + lifetime}`;
  }

  /** Reads a channel from now on. */
  view(
    name: string,
    ledger: Ledger,
    violated: (violation: Violation) => void,
    { last, filter }: ViewOptions = {},
  ): void {
    const channel = this.wire.channel(name, {
      ...(last !== undefined && { last }),
      ...(filter && { filter }),
    });
    const view = new View(this.process.name, name, ledger, last !== undefined);
    const watched = new Watched(channel, () => {
      if (channel.error) {
        const what = `${this.process.name} cannot read ${name} any more: ${channel.error}`;
        violated(new Violation(6, what));
      }
    });
    this.views.push({ view, channel, watched });
  }

  /** A channel, as it is read here where it is: by the same filter. */
  channel(name: string): Channel {
    const viewed = this.views.find(({ channel }) => channel.name === name);
    return viewed?.channel ?? this.wire.channel(name);
  }

  /** Does not read for a while, over a connection that stays. */
  lookAway(milliseconds: number): void {
    for (const { watched } of this.views) {
      watched.stop();
      this.process.clock.after(milliseconds, () => watched.begin());
    }
  }

  /** Reads nothing any more. */
  leave(): void {
    for (const { watched } of this.views) watched.leave();
  }

  /** Watches a channel's changes: each event has to lead from the state before to its own. */
  async feed(name: string): Promise<void> {
    let before: ChannelState | undefined;
    for await (const event of this.channel(name).changes()) {
      if (event.type === "changes" && before) {
        const { seq } = before;
        const { changes } = event;
        const frame = { type: "changes", channel: name, from: seq, to: seq + 1, changes } as const;
        const next = apply(before, frame);
        if (plain(next) !== plain(event.state)) {
          throw new Violation(12, `changes lead to ${plain(next)}, not to ${plain(event.state)}`);
        }
      }
      before = event.state;
      const wait = this.#random.pick([0, 0, 500, 3000]);
      if (wait > 0) await this.#wait(wait);
    }
  }

  /** Loads earlier messages; settles whatever comes of it. */
  async page(count: number): Promise<void> {
    for (const { channel } of this.views) {
      try {
        await channel.earlier(count);
      } catch (error) {
        if (error instanceof DeltawireError && PASSING.has(error.code)) continue;
        throw new Violation(17, `${this.process.name} gets no earlier messages: ${error}`);
      }
    }
  }

  /** Invariant 17: while nobody writes, page by page each window becomes the whole channel. */
  async pageAll(count: number): Promise<void> {
    for (const { channel } of this.views) {
      while (channel.status.is === "live" && channel.state.earlier > 0) {
        const { earlier, messages } = channel.state;
        await channel.earlier(count);
        // One that has nothing in it begins anew.
        if (messages.length === 0) await this.#wait(5000);
        if (channel.state.earlier < earlier || !channel.isLive) continue;
        throw new Violation(17, `${this.process.name} gets no earlier messages than ${earlier}`);
      }
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.process.clock.after(milliseconds, resolve));
  }

  /** Looks at everything that it shows. */
  look(): void {
    for (const { view, channel } of this.views) view.look(channel.state);
  }
}

/** A state's content, to compare. */
export function plain(state: ChannelState): string {
  const messages = state.messages.map(seen);
  return JSON.stringify([canonical(state.attributes), messages]);
}
