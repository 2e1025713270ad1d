import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleProgram } from "../../tests/bundled-program.js";
import { redisPart, startRedis } from "../../tests/real/redis.js";
import { Child } from "../fanout/child.js";
import type { Effort, Named, TargetRow } from "../results.js";
import { quantilesOf } from "../statistics.js";
import { until } from "../targets/consumer.js";
import { atLeast, atMost } from "../targets/row.js";
import type { Serving } from "./server.js";
import { clock, Viewer } from "./viewer.js";
import type { ViewersAnswer, ViewersOrder, Written } from "./viewers.js";

const EFFORTS = {
  smallest: { files: 20, joins: 5, saves: 5, crowds: [20, 30] },
  quick: { files: 400, joins: 20, saves: 50, crowds: [100, 500] },
  full: { files: 400, joins: 100, saves: 200, crowds: [100, 500] },
} as const;

/** Those to whom a save is to come within the target. */
const FEW = 20;

/** Milliseconds between two saves: each is a frame of its own. */
const PAUSE = 100;

/** Folders: each is a filter, and everything is another one. */
const FOLDERS = 10;
const PREFIXES = ["", ...Array.from({ length: FOLDERS }, (_, i) => `part-${i}/`)];

/** Milliseconds of the servers' heartbeat: who is silent for two of them is dead. */
const HEARTBEAT = 1000;

/** A folder of source code that files are saved in. */
class Source {
  readonly folder: string;
  readonly #files: number;
  #saves = 0;

  constructor(folder: string, files: number) {
    this.folder = folder;
    this.#files = files;
  }

  async make(): Promise<void> {
    for (const prefix of PREFIXES.slice(1)) await mkdir(join(this.folder, prefix));
    for (let i = 0; i < this.#files; i++) await writeFile(...this.#file(i, "node:fs"));
  }

  #file(i: number, mark: string): [string, string] {
    const next = (i + 1) % this.#files;
    const text = `import "../part-${next % FOLDERS}/file-${next}.js";\nimport "${mark}";\n`;
    return [join(this.folder, `part-${i % FOLDERS}/file-${i}.ts`), text];
  }

  /** Saves files, one after another, as editors do. */
  async save(count: number): Promise<Written[]> {
    const written: Written[] = [];
    for (let i = 0; i < count; i++) {
      const number = this.#saves++;
      const file = number % this.#files;
      const mark = `mark-${number}`;
      written.push({ mark, folder: `part-${file % FOLDERS}/`, at: clock() });
      await writeFile(...this.#file(file, mark));
      await sleep(PAUSE);
    }
    return written;
  }
}

/** Milliseconds from a first step to all files of a folder, one viewer after another. */
async function joinOneByOne(urls: readonly string[], joins: number, files: number) {
  const delays: number[] = [];
  for (let i = -2; i < joins; i++) {
    const begun = clock();
    const viewer = new Viewer(urls[Math.abs(i) % urls.length] ?? "", "part-1/");
    await until(() => viewer.isLive && viewer.files === files);
    if (i >= 0) delays.push(clock() - begun); // what is not compiled yet is
    await viewer.leave();
  }
  return delays;
}

/**
 * The example over real sockets: two servers and those who look are three processes, beside Redis.
 * Delays begin before a file is written, and end in a viewer's state.
 *
 * @returns nothing where there is no Redis
 */
export async function measureGraph(effort: Effort): Promise<Named<TargetRow>> {
  const { files, joins, saves, crowds } = EFFORTS[effort];
  const part = await redisPart("what a graph over two servers takes");
  if (!part) return {};
  const redis = await startRedis(part);
  const folder = await mkdtemp(join(tmpdir(), "deltawire-graph-bench-"));
  const source = new Source(folder, files);
  await source.make();
  const ended: { end(): void }[] = [];
  try {
    const program = (name: string) => new URL(name, import.meta.url);
    // Where the example's own packages are. What it takes is not what a reader of TypeScript takes.
    const bundle = program("../../examples/graph/dist/bench-server.mjs");
    await bundleProgram(program("./server.ts"), bundle);
    const serve = async (...more: readonly string[]) => {
      const args = [redis.url, `${HEARTBEAT}`, ...more];
      const server = await Child.start<{ readonly type: "look" }, Serving>(bundle, ...args);
      ended.push(server.child);
      return server;
    };
    const servers = [await serve(folder), await serve()];
    const urls = servers.map(({ first }) => first.url);
    const { child: viewers } = await Child.start<ViewersOrder, ViewersAnswer>(
      program("./viewers.ts"),
    );
    ended.push(viewers);
    const look = async () => {
      const all = await Promise.all(servers.map(({ child }) => child.ask({ type: "look" })));
      return {
        connections: all.reduce((sum, { connections }) => sum + connections, 0),
        resident: servers.reduce((sum, { child }) => sum + child.resident, 0),
      };
    };
    const join = (count: number) => viewers.ask({ type: "join", urls, prefixes: PREFIXES, count });
    const saved = async (count: number) =>
      viewers.ask({ type: "compare", written: await source.save(count) });

    const single = quantilesOf(await joinOneByOne(urls, joins, files / FOLDERS));
    await viewers.ask({ type: "join", urls, prefixes: [""], count: FEW });
    await saved(10); // what is not compiled yet is
    const few = quantilesOf((await saved(saves)).delays);
    await viewers.ask({ type: "leave", count: FEW });
    const empty = await look();
    const rows: Record<string, TargetRow> = {
      join: atMost("one who comes to a graph has it, p95", single.p95, "ms", 100, { ...single }),
      broadcast: atMost(`a save on the pages of ${FEW}, over two servers, p95`, few.p95, "ms", 50, {
        ...few,
      }),
    };
    let count = 0;
    for (const size of crowds) {
      await join(size - count);
      count = size;
      const { due, came, strays, delays, live } = await saved(saves);
      rows[`delivered-${size}`] = atLeast(
        `saves that come to ${size} viewers with filters`,
        (100 * came) / due,
        "%",
        100,
        { live, due, came, strays, p50: quantilesOf(delays).p50, p99: quantilesOf(delays).p99 },
      );
    }
    const full = await look();
    rows.memory = atMost(
      `memory of both servers for each of ${count} viewers`,
      (full.resident - empty.resident) / count / 1e6,
      "MB",
      1,
      { connections: full.connections, "MB before": empty.resident / 1e6 },
    );
    // Half of them go, as pages do that nobody looks at; the others are dead and say nothing.
    const half = Math.floor(count / 2);
    await viewers.ask({ type: "leave", count: half });
    const withoutHalf = async () => (await look()).connections <= count - half;
    for (let i = 0; i < 100 && !(await withoutHalf()); i++) await sleep(20);
    const { connections: left } = await look();
    await viewers.ask({ type: "freeze", milliseconds: 6 * HEARTBEAT });
    const begun = clock();
    let dead = await look();
    while (dead.connections > 0 && clock() - begun < 5 * HEARTBEAT) {
      await sleep(50);
      dead = await look();
    }
    rows.cleared = atMost("who left or died, still at a server", dead.connections, "viewers", 0, {
      left: half,
      "after they left": left,
      died: count - half,
      "seconds of silence": (clock() - begun) / 1000,
      "s heartbeat": HEARTBEAT / 1000,
    });
    return rows;
  } finally {
    for (const child of ended) child.end();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
