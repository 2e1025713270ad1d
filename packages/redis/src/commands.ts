import type { DeltawireError } from "@deltawire/server";
import { failure, reasonOf } from "./failure.js";
import { type Client, isCluster } from "./place.js";
import type { Reply } from "./reply.js";
import type { Script } from "./scripts.js";

/** Calls that wait for Redis at once, at most: past that it does not answer any more. */
const MAX_WAITING = 20_000;

/** Milliseconds until a command is sent again that was not run. */
const PAUSE = 50;

/** Answers that say that a command was not run, since the server is not the one to run it, or not yet. */
const NOT_RUN =
  /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|LOADING|MASTERDOWN)\b|isn't writeable|isn't ready|same slots allocation group/;

/** What a command takes. */
export type Argument = string | number | Buffer;

type Evaluate = (text: string, count: number, ...rest: Argument[]) => Promise<Reply>;

/** Scripts whose replies are bytes. */
interface Evaluating {
  readonly evalshaBuffer: Evaluate;
  readonly evalBuffer: Evaluate;
}

/** Sends scripts to Redis: each call ends within the timeout, whatever Redis does. */
export class Commands {
  readonly client: Client;
  readonly #timeout: number;
  #waiting = 0;
  /** Goes on with the calls that wait for a connection. */
  readonly #unready = new Set<() => void>();
  #isClosed = false;
  /** What went wrong last with the connection, to say why. */
  #trouble: Error | undefined;

  /** @param timeout milliseconds */
  constructor(client: Client, timeout: number) {
    this.client = client;
    this.#timeout = timeout;
    client.on("error", (error: Error) => this.#note(error));
    client.on("node error", (error: Error) => this.#note(error));
    client.on("ready", () => {
      this.#note(undefined);
      for (const goOn of this.#unready) goOn();
    });
  }

  /** Runs a script. @throws DeltawireError where Redis does not answer in time, or refuses */
  async run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    const about = `${script.name} ${keys[0] ?? ""}`;
    return this.within(about, (deadline) => this.#attempt(script, keys, args, deadline));
  }

  /** Reads fields of a hash. @throws DeltawireError where Redis does not answer in time, or refuses */
  fields(key: string, ...fields: string[]): Promise<readonly (string | null)[]> {
    return this.within(`read ${key}`, async (deadline) => {
      await this.#ready(deadline);
      return this.client.hmget(key, ...fields);
    });
  }

  /** Does some work, or says in time that it is not done. */
  within<T>(about: string, work: (deadline: number) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(this.#error(about, "the log is closed"));
    if (this.#waiting >= MAX_WAITING) {
      return Promise.reject(this.#error(about, `too many calls wait for it: ${MAX_WAITING}`));
    }
    this.#waiting += 1;
    return new Promise<T>((resolve, reject) => {
      const late = setTimeout(() => {
        const what = this.client.status === "ready" ? "no answer" : "there is no connection";
        reject(this.#error(about, `${what} in time, ${this.#timeout} ms`));
      }, this.#timeout);
      work(Date.now() + this.#timeout)
        .then(resolve, (cause: unknown) => reject(this.#error(about, reasonOf(cause))))
        .finally(() => {
          clearTimeout(late);
          this.#waiting -= 1;
        });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.client.disconnect();
    for (const goOn of this.#unready) goOn();
  }

  async #attempt(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    deadline: number,
  ): Promise<Reply> {
    for (let isAgain = false; ; isAgain = true) {
      try {
        await this.#ready(deadline);
        return await this.#send(script, keys, args, isAgain);
      } catch (error) {
        this.#refresh(error);
        if (this.#isClosed || !isNotRun(error) || Date.now() + PAUSE >= deadline) throw error;
        await new Promise((again) => setTimeout(again, PAUSE));
      }
    }
  }

  async #send(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    isAgain: boolean,
  ): Promise<Reply> {
    const rest = [keys.length, ...keys, ...args] as const;
    try {
      return await this.#evaluate("evalsha", script.sha, rest, isAgain);
    } catch (error) {
      // A server that has started anew, or that is another one, does not know the script.
      if (!reasonOf(error).startsWith("NOSCRIPT")) throw error;
      return this.#evaluate("eval", script.lua, rest, isAgain);
    }
  }

  /** What is sent again goes alone: a redirection then concerns nothing else. */
  async #evaluate(
    command: "evalsha" | "eval",
    text: string,
    [count, ...rest]: readonly [number, ...Argument[]],
    isAlone: boolean,
  ): Promise<Reply> {
    // The methods are there; ioredis leaves them out of its types.
    const client = this.client as unknown as Evaluating;
    if (!isAlone) return client[`${command}Buffer`](text, count, ...rest);
    const pipeline = this.client.pipeline().callBuffer(command, text, count, ...rest);
    const [outcome] = (await pipeline.exec()) ?? [];
    const [error, reply] = outcome ?? [new Error("no answer")];
    if (error) throw error;
    // What the scripts answer is of this type.
    return reply as Reply;
  }

  /** Waits until there is a connection. */
  async #ready(deadline: number): Promise<void> {
    while (this.client.status !== "ready") {
      if (this.#isClosed) throw new Error("the connection is closed");
      if (Date.now() >= deadline) throw new Error("there is no connection");
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#unready.delete(done);
          resolve();
        };
        const timer = setTimeout(done, deadline - Date.now());
        this.#unready.add(done);
      });
    }
  }

  #refresh(error: unknown): void {
    if (isCluster(this.client) && /MOVED|CLUSTERDOWN|closed|group/.test(reasonOf(error))) {
      this.client.refreshSlotsCache(() => undefined);
    }
  }

  #note(error: Error | undefined): void {
    this.#trouble = error;
  }

  #error(about: string, what: string): DeltawireError {
    return failure(about, what, this.#trouble?.message);
  }
}

const isNotRun = (error: unknown): boolean => NOT_RUN.test(reasonOf(error));
