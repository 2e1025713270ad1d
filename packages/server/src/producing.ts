import type { Clock } from "@deltawire/encoder";
import {
  type AckFrame,
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
  /** Something of them failed after it was handed on. */
  refuse(error: unknown, channel: string): void;
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
  produce({
    channel: name,
    producer,
    instance,
    token,
    seq,
    commands,
  }: ProduceFrame): undefined | Promise<void> {
    if (!this.#productions.has(name)) checkRoom(this.#productions);
    const channel = this.#host.channels.open(name);
    this.acknowledge(); // whose numbers are the earlier producer's
    this.stop(name);
    const production = new Production(channel, producer, {
      fence: (error) => this.#host.fence(error),
      refuse: (error) => this.#host.refuse(error, name),
      send: (frame) => this.#line.send(frame),
    });
    this.#host.room.occupy();
    this.#productions.set(name, production);
    const begun = (producing: ProducingFrame) => {
      if (this.#productions.get(name) !== production) return; // it is gone
      this.#line.send(producing);
      if (commands) production.takeCommands();
    };
    const failed = (error: unknown): never => {
      if (this.#productions.get(name) === production) this.stop(name);
      throw error;
    };
    try {
      const producing = production.begin({ instance, token, seq });
      if (producing instanceof Promise) return producing.then(begun, failed);
      begun(producing);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /** Takes what a producer says of a command; of one that nobody waits for, nothing. */
  resolve(frame: CommandResultFrame): void {
    this.#productions.get(frame.channel)?.resolve(frame);
  }

  stop(channel: string): void {
    this.#productions.get(channel)?.end();
    if (this.#productions.delete(channel)) this.#host.room.vacate();
  }

  /**
   * Hands a frame to its channel; what came of it is acknowledged, or refused, once that is known.
   *
   * @returns a promise where what comes after it is to wait
   * @throws DeltawireError see `HostedChannel.append`
   */
  append(frame: ChangesFrame): undefined | Promise<void> {
    const production = this.#productions.get(frame.channel);
    if (!production) {
      const what = "changes came before produce";
      throw new DeltawireError("unexpected_frame", what, { path: "/type" });
    }
    const appending = production.append(frame);
    if (!(appending instanceof Promise)) {
      this.#add(appending);
      return undefined;
    }
    const settled = appending.then(
      (ack) => {
        if (this.#productions.get(frame.channel) === production) this.#add(ack);
      },
      (error) => {
        if (this.#productions.get(frame.channel) === production) {
          this.#host.refuse(error, frame.channel);
        }
      },
    );
    return production.isCongested ? settled : undefined;
  }

  #add(ack: AckFrame): void {
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
