import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleProgram } from "../../tests/bundled-program.js";
import { Child } from "../fanout/child.js";
import type { Effort, Named, TargetRow } from "../results.js";
import { quantilesOf } from "../statistics.js";
import { until } from "../targets/consumer.js";
import { atLeast, atMost } from "../targets/row.js";
import type { ObserversAnswer, ObserversOrder } from "./observers.js";
import type { Serving } from "./server.js";
import { clock, Watcher } from "./watcher.js";

const EFFORTS = {
  smallest: { keys: 10, observers: 5, flood: 1 << 20 },
  quick: { keys: 200, observers: 100, flood: 8 << 20 },
  full: { keys: 1000, observers: 100, flood: 100 << 20 },
} as const;

/** Milliseconds between two keys: a fast typist's, and more. */
const PAUSE = 50;

/** A program that echoes each key itself, after the terminal has handed it on. */
const ECHO = ["/bin/sh", "-c", "stty raw -echo; printf ready; exec cat"] as const;

/** Prints text of so many bytes once a line comes, and says so. */
const flood = (bytes: number) =>
  [
    "/bin/sh",
    "-c",
    `read go; base64 -w 76 /dev/urandom | head -c ${bytes}; printf 'the %s is over' flood; exec cat`,
  ] as const;

/** A terminal, a typist here, and observers in a process of their own. */
async function withTerminal<Result>(
  command: readonly string[],
  count: number,
  run: (terminal: {
    readonly url: string;
    readonly server: Child<object, Serving>;
    readonly observers: Child<ObserversOrder, ObserversAnswer>;
    readonly typist: Watcher;
    readonly live: number;
    /** Bytes that the server took before anybody came. */
    readonly empty: number;
  }) => Promise<Result>,
): Promise<Result> {
  const program = (name: string) => new URL(name, import.meta.url);
  const ended: { end(): void }[] = [];
  try {
    // Where the example's own packages are. What it takes is not what a reader of TypeScript takes.
    const bundle = program("../../examples/terminal/dist/bench-server.mjs");
    await bundleProgram(program("./server.ts"), bundle);
    const { child: server, first } = await Child.start<never, Serving>(bundle, ...command);
    ended.push(server);
    const { url } = first;
    const empty = server.resident;
    const { child: observers } = await Child.start<ObserversOrder, ObserversAnswer>(
      program("./observers.ts"),
    );
    ended.push(observers);
    const { live } = await observers.ask({ type: "join", url, count });
    const typist = new Watcher(url);
    try {
      await takeKeyboard(typist);
      return await run({ url, server, observers, typist, live, empty });
    } finally {
      await typist.leave();
    }
  } finally {
    for (const child of ended) child.end();
  }
}

/** Joins, as a page does, and takes the keyboard. */
async function takeKeyboard({ wire, shell }: Watcher): Promise<void> {
  const refused = await shell.command("input", "").catch((error: Error) => error);
  if (!(refused instanceof Error)) throw new Error("an observer could type");
  const here = randomUUID();
  wire.channel("here").write(here, { attributes: { name: "typist" } });
  const id = await shell.command("join", here);
  await until(() => Object(shell.state.attributes.people)[String(id)] !== undefined);
  await shell.command("control", String(id));
}

/** Types keys one by one. Returns each one's position and when it was typed, and its echo's delay. */
async function typeKeys(typist: Watcher, count: number) {
  const typed: [number, number][] = [];
  const delays: number[] = [];
  for (let i = 0; i < count; i++) {
    const position = typist.position + 1;
    const at = clock();
    const echoed = new Promise<void>((resolve) => {
      typist.onSeen = () => {
        if (typist.position >= position) resolve();
      };
    });
    const answered = typist.shell.command("input", "x");
    await echoed;
    delays.push(clock() - at);
    typed.push([position, at]);
    await answered;
    await sleep(PAUSE);
  }
  return { typed, delays };
}

/**
 * The example's terminal over real sockets: its server, those who watch and the one who types are
 * three processes. Echo is from the command to the typist's state, through a program in the terminal.
 */
export async function measureTerminal(effort: Effort): Promise<Named<TargetRow>> {
  const { keys, observers: count, flood: bytes } = EFFORTS[effort];
  const echo = await withTerminal(ECHO, count, async (terminal) => {
    const { typist, observers, server, live, empty } = terminal;
    await until(() => typist.shown.endsWith("ready"));
    await typeKeys(typist, Math.ceil(keys / 10)); // what is not compiled yet is
    const { typed, delays } = await typeKeys(typist, keys);
    const { delays: seen } = await observers.ask({ type: "compare", typed });
    const memory = server.resident;
    const { held } = await server.ask({});
    return { own: quantilesOf(delays), seen: quantilesOf(seen), live, memory, empty, held };
  });
  const flooded = await withTerminal(flood(bytes), count, async (terminal) => {
    const { url, typist, server } = terminal;
    const begun = clock();
    await typist.shell.command("input", "\r");
    while (!typist.shown.endsWith("flood is over")) await sleep(20);
    const seconds = (clock() - begun) / 1000;
    await sleep(1000); // it is quiet
    const late = new Watcher(url);
    await until(() => late.isLive && late.position === typist.position);
    const { received } = late;
    if (late.shown !== typist.shown) throw new Error("who came late sees something else");
    await late.leave();
    return { seconds, received, peak: server.peak, rate: typist.position / seconds };
  });
  const { own, seen } = echo;
  const everybody = { observers: count, p50: own.p50, max: own.max };
  const flooding = { "bytes of output": bytes, seconds: flooded.seconds, "a second": flooded.rate };
  return {
    mean: atMost("echo in a terminal, mean", own.mean, "ms", 10, everybody),
    p95: atMost("echo in a terminal, p95", own.p95, "ms", 20, everybody),
    p99: atMost("echo in a terminal, p99", own.p99, "ms", 50, everybody),
    observers: atMost("a key on every observer's side, p99", seen.p99, "ms", 50, { ...seen }),
    connections: atLeast(
      "observers of a terminal that connect",
      (100 * echo.live) / count,
      "%",
      100,
      {
        live: echo.live,
        count,
      },
    ),
    memory: atMost("memory of a terminal's server", echo.memory / 1e6, "MB", 100, {
      observers: count,
      "MB before anybody comes": echo.empty / 1e6,
      "MB held": echo.held / 1e6,
    }),
    flood: atMost(
      "memory of a terminal's server, most in a flood",
      flooded.peak / 1e6,
      "MB",
      150,
      flooding,
    ),
    join: atMost("a late join to a terminal", flooded.received / 1000, "kB", 16, flooding),
  };
}
