import type { Clock } from "@deltawire/encoder";
import {
  type ChangesFrame,
  type CommandResultFrame,
  DeltawireError,
  type ProduceFrame,
  type ProducingFrame,
} from "@deltawire/spec";
import { Acknowledgements } from "./acknowledgements.js";
import { type ChannelHost, checkRoom, type Room } from "./following.js";
import type { Line } from "./line.js";
import { Production } from "./production.js";

/** What {@link Producing} needs of its session. */
export interface ProducingHost {
  readonly clock: Clock;
  readonly channels: ChannelHost;
  readonly room: Room;
  /** A later attachment has taken the place of one of these. */
  fence(error: DeltawireError): void;
}

/** The channels that a connection writes to. */
export class Producing {
  readonly #line: Line;
  readonly #host: ProducingHost;
  readonly #productions = new Map<string, Production>();
  readonly #acks = new Acknowledgements();

  constructor(line: Line, host: ProducingHost) {
    this.#line = line;
    this.#host = host;
  }

  get channels(): string[] {
    return [...this.#productions.keys()];
  }

  /** Whether it writes anything that was not taken over by others. */
  get isActive(): boolean {
    for (const { isFenced } of this.#productions.values()) if (!isFenced) return true;
    return false;
  }

  /** @throws DeltawireError `limit_exceeded`, `fenced`, and what opening a channel throws */
  produce({ channel: name, producer, instance, token, seq, commands }: ProduceFrame): void {
    if (!this.#productions.has(name)) checkRoom(this.#productions);
    const channel = this.#host.channels.open(name);
    this.acknowledge(); // whose numbers are the earlier producer's
    this.stop(name);
    const production = new Production(channel, producer, {
      fence: (error) => this.#host.fence(error),
      send: (frame) => this.#line.send(frame),
    });
    this.#host.room.occupy();
    this.#productions.set(name, production);
    let producing: ProducingFrame;
    try {
      producing = production.begin({ instance, token, seq });
    } catch (error) {
      this.stop(name);
      throw error;
    }
    this.#line.send(producing);
    if (commands) production.takeCommands();
  }

  /** Takes what a producer says of a command; of one that nobody waits for, nothing. */
  resolve(frame: CommandResultFrame): void {
    this.#productions.get(frame.channel)?.resolve(frame);
  }

  stop(channel: string): void {
    this.#productions.get(channel)?.end();
    if (this.#productions.delete(channel)) this.#host.room.vacate();
  }

  /** @throws DeltawireError see `HostedChannel.append` */
  append(frame: ChangesFrame): void {
    const production = this.#productions.get(frame.channel);
    if (!production) {
      const what = "changes came before produce";
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    const ack = production.append(frame);
    if (this.#acks.isEmpty) this.#host.clock.after(0, () => this.acknowledge());
    this.#acks.add(ack);
  }

  /** Says what was taken. */
  acknowledge(): void {
    for (const ack of this.#acks.take()) this.#line.send(ack);
  }

  /** The connection is gone. */
  end(): void {
    for (const channel of [...this.#productions.keys()]) this.stop(channel);
  }
}
