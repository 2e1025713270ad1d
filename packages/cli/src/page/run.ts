import process from "node:process";
import { readInput } from "../demo/input.js";
import type { DemoCommand } from "../demo/options.js";
import { runDemo } from "../demo/run.js";
import { Page } from "./page.js";

/** Signals that end the demo, and their numbers. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Milliseconds that closing may take. */
const PATIENCE = 5000;

/**
 * Runs the command `demo`: the measured run, and beside it and after it the live page, until a
 * signal comes.
 *
 * @returns the exit code: that of the measured run, or that of the signal which ended it
 * @throws by rejection: Error where it cannot be run
 */
export async function runDemoCommand(command: DemoCommand): Promise<number> {
  const code = await runUntilStopped(command);
  await new Promise<void>((done) => process.stdout.write("", () => done())); // the process may end now
  return code;
}

async function runUntilStopped({ run, page }: DemoCommand): Promise<number> {
  const stop = new AbortController();
  for (const [name, number] of Object.entries(SIGNALS)) {
    // A terminal tells every process of a group, and who started this one may hand it on as well.
    process.on(name, () => {
      if (stop.signal.aborted) return;
      stop.abort(number);
      setTimeout(() => process.exit(128 + number), PATIENCE).unref();
    });
  }
  if (!page) return runDemo(run, stop.signal);
  const { input } = run;
  if (input !== undefined) await readInput(input); // what is wrong with it is told before anything else
  let lost: Error | undefined;
  const live = await Page.open({
    ...page,
    ...(input !== undefined && { input }),
    onLost: (error) => {
      lost = error;
      stop.abort(0);
    },
  });
  try {
    console.log(openingOf(live, page.port));
    const code = await runDemo(run, stop.signal);
    if (!stop.signal.aborted) {
      console.log(`The page stays at ${live.url} until Ctrl-C.`);
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    }
    if (lost) throw lost;
    return code;
  } finally {
    await live.close();
  }
}

function openingOf({ url, port }: Page, asked: number): string {
  const taken = port === asked || asked === 0 ? "" : ` (port ${asked} is in use)`;
  return `${url}${taken}\n`;
}
