import type { Channel } from "@deltawire/client";
import { apply, type ChannelState } from "@deltawire/protocol";
import type { Platform } from "../packages/client/src/platform.js";
import { Wire } from "../packages/client/src/wire.js";
import { seen } from "./content.js";
import { canonical } from "./draft.js";
import { type Ledger, View } from "./ledger.js";
import type { Network } from "./network.js";
import type { Random } from "./random.js";
import { Violation } from "./violation.js";
import { Process } from "./world.js";

/** Milliseconds until the next frame is painted. */
const FRAME = 16;

/** How a program connects. */
export interface ProgramOptions {
  readonly codec: "json" | "msgpack";
  readonly throttle?: number;
  readonly producer?: string;
}

/** A run of a program with a client in it. */
export class Program {
  readonly process: Process;
  readonly wire: Wire;
  readonly #random: Random;
  /** Its views of channels. */
  readonly views: { readonly view: View; readonly channel: Channel; readonly stop: () => void }[] =
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
    this.#random = random.fork();
    this.wire = new Wire("ws://server/wire", options, platform);
  }

  /** Reads a channel from now on. */
  view(
    name: string,
    ledger: Ledger,
    violated: (violation: Violation) => void,
    last?: number,
  ): void {
    const channel = this.wire.channel(name, last === undefined ? {} : { last });
    const view = new View(this.process.name, name, ledger, last !== undefined);
    const stop = channel.subscribe(() => {
      if (channel.error) {
        const what = `${this.process.name} cannot read ${name} any more: ${channel.error}`;
        violated(new Violation(6, what));
      }
    });
    this.views.push({ view, channel, stop });
  }

  /** Watches a channel's changes: each event has to lead from the state before to its own. */
  async feed(name: string): Promise<void> {
    let before: ChannelState | undefined;
    for await (const event of this.wire.channel(name).changes()) {
      // What begins again in a window may have begun in it since: composed, that cannot be told.
      if (event.type === "changes" && before?.earlier === 0) {
        const { seq } = before;
        const { changes } = event;
        const frame = { type: "changes", channel: name, from: seq, to: seq + 1, changes } as const;
        const next = apply(before, frame);
        if (plain(next) !== plain(event.state)) {
          throw new Violation(12, `changes lead to ${plain(next)}, not to ${plain(event.state)}`);
        }
      }
      before = event.state;
      const wait = this.#random.pick([0, 0, 500]);
      if (wait > 0) await new Promise<void>((resolve) => this.process.clock.after(wait, resolve));
    }
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
