import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { ConsumersSettings } from "./consumers.js";
import type { EditorSettings } from "./editor.js";
import { now, order, type Report } from "./ipc.js";
import { LatencyMatching } from "./matching.js";
import { type Meter, startMeter } from "./meter.js";
import type { DemoOptions } from "./options.js";
import { type Role, startRole } from "./processes.js";
import { plainWire, type Summary, summaryText } from "./summary.js";
import { JsonView, LiveView, PlainView, type Progress, type View } from "./view.js";

type Held = Pick<EditorSettings, "channel" | "message" | "folder">;

const CHANNEL = "thread-42";
const MESSAGE = "turn-1";
const CONSUMERS = [
  { name: "start", codec: "msgpack", late: false },
  { name: "late", codec: "msgpack", late: true },
  { name: "json", codec: "json", late: false },
] as const;

/** Milliseconds between two pictures of the live view. */
const PICTURE = 100;

/** Milliseconds between two cuts of every connection, where that is asked for. */
const CHAOS = 2000;

/**
 * Runs the demo; returns the exit code.
 *
 * @param signal ends it early; its reason is the number of a signal
 */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-demo-"));
  const demo = new Demo(options, folder);
  const timer = setInterval(() => demo.show(), PICTURE);
  const end = () => void demo.close();
  signal.addEventListener("abort", end);
  try {
    signal.throwIfAborted();
    return await demo.run();
  } catch (error) {
    if (signal.aborted) return 128 + Number(signal.reason);
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
    clearInterval(timer);
    await demo.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The process that starts all others, meters what passes between them, and shows it. */
class Demo {
  readonly #options: DemoOptions;
  readonly #folder: string;
  readonly #view: View;
  readonly #roles: Role[] = [];
  readonly #meters = new Map<string, Meter>();
  readonly #latency = new LatencyMatching();
  #cuts = 0;
  #stopCutting = (): void => undefined;
  #steps = { done: 0, of: 0 };
  #bytes = { raw: 0, naive: 0 };
  #join: Omit<Summary["lateJoin"], "bytes"> = { textBytes: 0, parts: 0, messages: 0 };
  #joinAsked = false;
  #startedAt: number | undefined;
  #tail = "";
  #isClosed = false;

  constructor(options: DemoOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    if (options.json) this.#view = new JsonView();
    else this.#view = process.stdout.isTTY ? new LiveView(process.stdout) : new PlainView();
  }

  async run(): Promise<number> {
    const held = { channel: CHANNEL, message: MESSAGE, folder: this.#folder };
    const server = this.#start("server", held);
    const { port } = await server.next("listening");
    const urls = new Map<string, string>();
    for (const name of ["editor", ...CONSUMERS.map((consumer) => consumer.name)]) {
      const meter = await startMeter(port);
      this.#meters.set(name, meter);
      urls.set(name, `ws://127.0.0.1:${meter.port}/wire`);
    }
    const url = (name: string) => urls.get(name) ?? "";
    const consumers = this.#startConsumers(held, url);
    const editor = this.#startEditor(held, url("editor"));
    const [{ steps }] = await Promise.all([editor.next("ready"), consumers.next("joined")]);
    this.#steps.of = steps;
    this.#startedAt = now();
    if (this.#options.chaos) this.#cutNowAndThen();
    order(editor.child, { type: "go" });
    await editor.next("done");
    this.#stopCutting();
    if (!this.#joinAsked) order(consumers.child, { type: "join", consumer: "late" });
    order(consumers.child, { type: "finish" });
    await consumers.next("done");
    order(server.child, { type: "finish" });
    await server.next("done");
    return this.#check();
  }

  #cutNowAndThen(): void {
    const cut = () => {
      for (const meter of this.#meters.values()) this.#cuts += meter.cut();
    };
    const timer = setInterval(cut, CHAOS);
    this.#stopCutting = () => clearInterval(timer);
  }

  #startConsumers(held: Held, url: (name: string) => string): Role {
    const { corrupt } = this.#options;
    const consumers = CONSUMERS.map((consumer) => ({ ...consumer, url: url(consumer.name) }));
    const settings = { ...held, consumers, ...(corrupt !== undefined && { corrupt }) };
    return this.#start("consumers", settings satisfies ConsumersSettings);
  }

  #startEditor(held: Held, url: string): Role {
    const { rate, parts, input } = this.#options;
    const settings = { ...held, url, rate, parts, ...(input !== undefined && { input }) };
    return this.#start("editor", settings satisfies EditorSettings);
  }

  #start(name: string, settings: object): Role {
    if (this.#isClosed) throw new Error("the demo was ended");
    const role = startRole(name, settings, (report) => this.#onReport(report));
    this.#roles.push(role);
    return role;
  }

  #onReport(report: Report): void {
    if (report.type === "written") {
      this.#steps.done = report.steps;
      this.#bytes = { raw: report.rawBytes, naive: report.naiveBytes };
      this.#latency.produced(report.marks);
      if (report.steps >= this.#steps.of / 2 && !this.#joinAsked) {
        this.#joinAsked = true;
        const consumers = this.#roles[1];
        if (consumers) order(consumers.child, { type: "join", consumer: "late" });
      }
    }
    if (report.type === "seen" && report.consumer === "start") {
      this.#latency.seen(report.marks);
      this.#tail = report.tail || this.#tail;
    }
    // A later reset is that of a rejoin.
    if (report.type === "joined" && report.consumer === "late" && this.#join.messages === 0) {
      const { textBytes, parts, messages } = report;
      this.#join = { textBytes, parts, messages };
    }
  }

  #passed(name: string): Meter["passed"] {
    const meter = this.#meters.get(name);
    if (!meter) throw new TypeError(`nothing meters ${name}`);
    return meter.passed;
  }

  get #percentiles(): { p50: number; p99: number } {
    const at = (share: number) => Number(this.#latency.latencies.percentile(share).toFixed(1));
    return { p50: at(0.5), p99: at(0.99) };
  }

  show(): void {
    if (this.#startedAt === undefined) return;
    const progress: Progress = {
      steps: this.#steps.done,
      of: this.#steps.of,
      seconds: (now() - this.#startedAt) / 1000,
      rawBytes: this.#bytes.raw,
      naiveBytes: this.#bytes.naive,
      upBytes: this.#meters.get("editor")?.upBytes ?? 0,
      consumers: CONSUMERS.map(({ name }) => ({ name, ...this.#passed(name) })),
      joinBytes: this.#passed("late").joinBytes,
      latency: this.#percentiles,
      tail: this.#tail,
    };
    this.#view.show(progress);
  }

  /** Lets a process that had no part in it compare what all hold. */
  async #check(): Promise<number> {
    this.show();
    const names = ["server", ...CONSUMERS.map(({ name }) => name)];
    const checker = this.#start("check", { folder: this.#folder, names });
    const { differ } = await checker.next("checked");
    const equal = (await checker.exited) === 0 && differ.length === 0;
    for (const meter of this.#meters.values()) {
      if (meter.broken) throw new Error(`the meter lost count: ${meter.broken}`);
    }
    const plain = plainWire(this.#passed("start"), this.#bytes.raw);
    const summary: Summary = {
      equal,
      rawBytes: this.#bytes.raw,
      naiveBytes: this.#bytes.naive,
      wire: { plain },
      lateJoin: { bytes: this.#passed("late").joinBytes, ...this.#join },
      latency: this.#percentiles,
      consumers: CONSUMERS.map(({ name, codec }) => {
        const { bytes, frames } = this.#passed(name);
        return { name, codec, equal: !differ.includes(name), bytes, frames };
      }),
      ...(this.#options.chaos && {
        chaos: {
          cuts: this.#cuts,
          rejoins: CONSUMERS.map(({ name }) => ({ name, bytes: this.#passed(name).rejoins })),
        },
      }),
    };
    this.#view.end(summary, summaryText(summary, differ));
    return equal ? 0 : 1;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopCutting();
    for (const { child } of this.#roles) child.kill();
    await Promise.all(this.#roles.map(({ exited }) => exited));
    for (const meter of this.#meters.values()) await meter.close();
  }
}
