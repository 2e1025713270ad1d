import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

const TSCONFIG = fileURLToPath(new URL("../../tsconfig.json", import.meta.url));

/** What a role says to the runner: the answer to a request, or something of its own accord. */
export type Said =
  | { readonly type: "answer"; readonly to: number; readonly value?: unknown }
  | { readonly type: "failure"; readonly to: number; readonly why: string }
  | { readonly type: "note"; readonly value: unknown };

/** What the runner asks a role for. */
export interface Asked<T> {
  readonly id: number;
  readonly request: T;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A part of a run in a process of its own, run from source. */
export class Role<Request> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** Resolves once the process is gone and all that it said was heard, with the time. */
  readonly exited: Promise<number>;

  /** @param settings what it begins with; JSON */
  constructor(file: string, settings: unknown, onNote: (value: unknown) => void = () => undefined) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const env = { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG };
    const how = { execArgv: ["--import", "tsx"], env };
    this.#child = fork(path, [JSON.stringify(settings)], how);
    this.#child.on("message", (said: Said) => this.#hear(said, onNote));
    this.exited = once(this.#child, "close").then(([code, signal]) => {
      const at = Date.now();
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`${file} has ended (${signal ?? code})`));
      }
      return at;
    });
  }

  /** Asks, and resolves with the answer. @throws what it throws there, by rejection */
  ask<Answer>(request: Request): Promise<Answer> {
    const id = this.#asked++;
    const { promise, resolve, reject } = deferred();
    this.#waiting.set(id, { resolve, reject });
    this.#child.send({ id, request } satisfies Asked<Request>, (error) => error && reject(error));
    return promise as Promise<Answer>; // each request names what answers it
  }

  /** SIGKILL. Resolves once it is gone. */
  async kill(): Promise<number> {
    this.#child.kill("SIGKILL");
    return this.exited;
  }

  #hear(said: Said, onNote: (value: unknown) => void): void {
    if (said.type === "note") {
      onNote(said.value);
      return;
    }
    const waiting = this.#waiting.get(said.to);
    this.#waiting.delete(said.to);
    if (said.type === "answer") waiting?.resolve(said.value);
    else waiting?.reject(new Error(said.why));
  }
}

function deferred(): Waiting & { readonly promise: Promise<unknown> } {
  let waiting: Waiting = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<unknown>((resolve, reject) => {
    waiting = { resolve, reject };
  });
  return { promise, ...waiting };
}
