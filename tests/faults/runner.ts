import process from "node:process";
import type { Asked, Said } from "./role.js";

// The runner, as its roles see it.

/** What this role was started with. */
export const settings = <T>(): T => JSON.parse(process.argv[2] ?? "{}") as T; // the runner's own

/** Tells the runner something; resolves once it is on its way, whatever happens here then. */
export const tell = (value: unknown): Promise<void> => say({ type: "note", value });

/** Answers the runner's requests from now on. */
export function answer<T>(respond: (request: T) => unknown): void {
  process.on("message", async ({ id, request }: Asked<T>) => {
    try {
      await say({ type: "answer", to: id, value: await respond(request) });
    } catch (error) {
      await say({ type: "failure", to: id, why: String(error) });
    }
  });
  // Without the runner there is nothing to do.
  process.once("disconnect", () => process.exit(0));
}

const say = (said: Said): Promise<void> =>
  new Promise((sent) => {
    process.send?.(said, undefined, {}, () => sent());
  });

/** Waits until something holds. @returns whether it does, after `within` milliseconds at most */
export async function until(holds: () => boolean, within: number): Promise<boolean> {
  const end = performance.now() + within;
  while (!holds()) {
    if (performance.now() > end) return false;
    await new Promise((again) => setTimeout(again, 25));
  }
  return true;
}
