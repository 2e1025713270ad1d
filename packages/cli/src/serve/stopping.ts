import process from "node:process";

/** The signals by which a process is asked to stop, and how it ends by one (128 and its number). */
const SIGNALS = { SIGTERM: 128 + 15, SIGINT: 128 + 2 } as const;

type Signal = keyof typeof SIGNALS;

/** Whether this process is asked to stop. A second signal ends it at once. */
export interface Stopping {
  /** Aborted by the first signal, with its name as the reason. */
  readonly signal: AbortSignal;
  /** Resolves with the name of the first signal. */
  readonly asked: Promise<string>;
}

/** Listens to signals from now on. */
export function stopping(): Stopping {
  const controller = new AbortController();
  const { signal } = controller;
  const asked = new Promise<string>((resolve) => {
    signal.addEventListener("abort", () => resolve(String(signal.reason)));
  });
  const onSignal = (name: Signal) => {
    if (signal.aborted) process.exit(SIGNALS[name]);
    controller.abort(name);
  };
  process.on("SIGTERM", () => onSignal("SIGTERM")).on("SIGINT", () => onSignal("SIGINT"));
  return { signal, asked };
}
