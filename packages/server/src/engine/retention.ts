import type { ChannelState, Message } from "@deltawire/protocol";

/** What a channel keeps of messages that have ended. Without a bound it keeps all of them. */
export interface RetentionBounds {
  /** Messages, those that are open among them. @default no bound */
  readonly messages?: number;
  /** Milliseconds from a message's end. @default no bound */
  readonly age?: number;
  /** About the bytes of all messages. @default no bound */
  readonly bytes?: number;
}

/**
 * Checks what an application has stated.
 *
 * @param where it has, for the message
 * @throws RangeError where a bound is no number from 0 on
 */
export function checkRetention(bounds: RetentionBounds | undefined, where: string): void {
  for (const name of ["messages", "age", "bytes"] as const) {
    const bound = bounds?.[name];
    if (bound === undefined || bound >= 0) continue;
    throw new RangeError(`${where}.${name} is 0 or greater`);
  }
}

/** Milliseconds between two looks at a channel that changes. */
const PERIOD = 1000;

const FOREVER = Number.POSITIVE_INFINITY;

/** Messages that go at a time. */
const MAX_REMOVED = 1024;

/**
 * Which messages of a channel its bounds let go. Pure.
 *
 * 1. Only a message that has ended goes; the one that stands first goes first. From a channel that
 *    has ended nothing goes, since nothing can change there.
 * 2. A frame costs O(1): it is looked through all messages once a second at most, while the channel
 *    changes, and when the age of one is reached.
 */
export class Retention {
  readonly #bounds: RetentionBounds;
  /** What has ended at a time that nobody knows has ended then. */
  readonly #since: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #dueAt: number | undefined;

  /** @param now milliseconds, of the clock that the ends of messages are counted by */
  constructor(bounds: RetentionBounds, now: number) {
    this.#bounds = bounds;
    this.#since = now;
    if (Object.values(bounds).some((bound) => bound !== undefined)) this.#dueAt = now;
  }

  /** When {@link expire} is to be called next; undefined where there is nothing to wait for. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** The channel has changed. O(1). */
  changed(now: number): void {
    const { messages, bytes, age } = this.#bounds;
    if (messages === undefined && bytes === undefined && age === undefined) return;
    const next = Math.max(now, this.#lookedAt + PERIOD);
    this.#dueAt = Math.min(this.#dueAt ?? next, next);
  }

  /**
   * The messages that are to be removed now, in order.
   *
   * @param endedAt when messages ended, by id
   * @param isHeld whether a message is still needed: it goes at a later time
   */
  expire(
    state: ChannelState,
    endedAt: ReadonlyMap<string, number>,
    now: number,
    isHeld: (message: Message) => boolean = () => false,
  ): readonly string[] {
    this.#lookedAt = now;
    this.#dueAt = undefined;
    if (state.closed) return [];
    const { messages, age, bytes } = this.#bounds;
    const isOld = (until: number) => until <= now;
    const untilOf = ({ id }: Message) => (endedAt.get(id) ?? this.#since) + (age ?? FOREVER);
    let count = state.messages.length - (messages ?? FOREVER);
    let size = sizeOf(state) - (bytes ?? FOREVER);
    const ended = state.messages.filter(({ isFinal }) => isFinal);
    const held = new Set(ended.filter(isHeld));
    for (const message of ended) {
      if (held.has(message) || !isOld(untilOf(message))) continue;
      count -= 1;
      size -= cost(message);
    }
    const expired: string[] = [];
    for (const message of ended) {
      const until = untilOf(message);
      if (!isOld(until) && count <= 0 && size <= 0) this.#await(until);
      else if (held.has(message)) this.#await(now + PERIOD);
      else {
        expired.push(message.id);
        if (isOld(until)) continue;
        count -= 1;
        size -= cost(message);
      }
    }
    if (expired.length > MAX_REMOVED) this.#await(now);
    return expired.slice(0, MAX_REMOVED);
  }

  #await(at: number): void {
    if (at < FOREVER) this.#dueAt = Math.min(this.#dueAt ?? at, at);
  }
}

const cost = ({ size }: Message): number => size + 64;

const sizeOf = ({ messages }: ChannelState): number =>
  messages.reduce((sum, message) => sum + cost(message), 0);
