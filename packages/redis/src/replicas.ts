import type { Redis } from "ioredis";
import type { Commands } from "./commands.js";
import { failure } from "./failure.js";
import { isCluster, slotOf } from "./place.js";

/** One WAIT that is about to be sent: it stands for all that was appended before. */
interface Wait {
  readonly done: Promise<number>;
}

/** Waits until replicas have what was appended. Many appends wait with one command. */
export class Replicas {
  readonly #commands: Commands;
  readonly #count: number;
  readonly #timeout: number;
  readonly #next = new Map<Redis, Wait>();

  /** @param count replicas that must have it @param timeout milliseconds that Redis waits for them */
  constructor(commands: Commands, count: number, timeout: number) {
    this.#commands = commands;
    this.#count = count;
    this.#timeout = timeout;
  }

  /**
   * Waits for what was appended to a key, over this very connection.
   *
   * @throws DeltawireError where fewer replicas have it in time: it stands, and may be lost
   */
  async have(key: string): Promise<void> {
    const node = this.#nodeOf(key);
    if (node === undefined) throw failure(`append ${key}`, "the connection is gone", undefined);
    let wait = this.#next.get(node);
    if (wait === undefined) {
      wait = { done: this.#wait(node, key) };
      this.#next.set(node, wait);
    }
    const have = await wait.done;
    if (have >= this.#count) return;
    const what = `NOREPLICAS: ${have} of ${this.#count} replicas have it in time`;
    throw failure(`append ${key}`, what, undefined);
  }

  #wait(node: Redis, key: string): Promise<number> {
    return this.#commands.within(`wait for replicas of ${key}`, async () => {
      await new Promise((sent) => setImmediate(sent));
      this.#next.delete(node);
      // In time for the answer to come before the call is given up.
      const [outcome] =
        (await node
          .pipeline()
          .wait(this.#count, this.#timeout >> 1)
          .exec()) ?? [];
      return Number(outcome?.[1] ?? 0);
    });
  }

  #nodeOf(key: string): Redis | undefined {
    const { client } = this.#commands;
    if (!isCluster(client)) return client;
    const name = client.slots[slotOf(key)]?.[0];
    return client.nodes("master").find(({ options }) => `${options.host}:${options.port}` === name);
  }
}
