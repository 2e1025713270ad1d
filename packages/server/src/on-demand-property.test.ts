import { DeltawireError } from "@deltawire/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LoadContext } from "./channel-rules.js";
import type { ServerChannel } from "./server-channel.js";
import { DemandingServer } from "./testing/demanding-server.js";
import { TestConsumer } from "./testing/test-consumer.js";

/** What a run of the loader does, one after the other as runs begin. */
interface Script {
  /** Milliseconds before each piece. */
  readonly pauses: readonly number[];
  readonly end: "returns" | "throws" | "hangs";
  readonly hearsSignal: boolean;
}

type Step =
  | { readonly type: "come"; readonly name: number; readonly isSlow: boolean }
  | { readonly type: "leave" | "drain" | "stall"; readonly reader: number }
  | { readonly type: "pass"; readonly time: number };

const scripts = fc.array(
  fc.record({
    pauses: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
    end: fc.constantFrom("returns", "returns", "returns", "throws", "hangs"),
    hearsSignal: fc.boolean(),
  }) satisfies fc.Arbitrary<Script>,
  { minLength: 1, maxLength: 8 },
);

const reader = fc.nat({ max: 15 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: come() },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("leave" as const), reader }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("stall" as const), reader }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("drain" as const), reader }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant("pass" as const), time: fc.nat({ max: 60 }) }),
    },
  ),
  { maxLength: 50 },
);

function come() {
  const name = fc.nat({ max: 2 });
  return fc.record({ type: fc.constant("come" as const), name, isSlow: fc.boolean() });
}

/** What a loader has done, and for which incarnation. */
interface Loading {
  readonly name: string;
  readonly epoch: string;
  readonly number: number;
  readonly script: Script;
  readonly signal: AbortSignal;
  isOver: boolean;
}

/** A server whose loaders follow scripts, and readers that come and go. */
class World {
  readonly loadings: Loading[] = [];
  readonly readers = new Set<TestConsumer>();
  /** Those that did not read at some time: they may be told to come again. */
  readonly slow = new Set<TestConsumer>();
  readonly server: DemandingServer;
  readonly #scripts: readonly Script[];

  constructor(scripts: readonly Script[]) {
    this.#scripts = scripts;
    const load = (channel: ServerChannel, context: LoadContext) => this.#load(channel, context);
    const bounds = { channels: 2 };
    this.server = new DemandingServer({ load, keep: 50, linger: 10, timeout: 200, bounds });
  }

  async #load(channel: ServerChannel, { signal }: LoadContext): Promise<void> {
    const number = this.loadings.length;
    const script = this.#scripts[number % this.#scripts.length] as Script; // there is one
    const { name } = channel;
    const { epoch } = channel.state;
    for (const other of this.loadings) {
      expect(other.epoch).not.toBe(epoch);
      if (other.name === name) expect(other.isOver || other.signal.aborted).toBe(true);
    }
    const loading: Loading = { name, epoch, number, script, signal, isOver: false };
    this.loadings.push(loading);
    try {
      await this.#write(channel, loading);
    } finally {
      loading.isOver = true;
    }
  }

  async #write(channel: ServerChannel, { script, signal, number }: Loading): Promise<void> {
    const message = channel.write("m");
    for (const [piece, pause] of script.pauses.entries()) {
      await new Promise<void>((resolve) => this.server.clock.after(pause, resolve));
      if (script.hearsSignal) signal.throwIfAborted();
      message.append(`${number}.${piece} `);
    }
    if (script.end === "throws") throw new DeltawireError("internal", "it did not work");
    if (script.end === "hangs") await new Promise(() => undefined);
  }

  async pass(time: number): Promise<void> {
    for (let left = time; left > 0; left--) await this.server.settle(1);
    await this.server.settle();
  }

  come(name: string, isSlow: boolean): void {
    const reader = new TestConsumer(this.server.channels.open(name), { isCongested: isSlow });
    this.readers.add(reader);
    if (isSlow) this.slow.add(reader);
  }

  leave(reader: TestConsumer): void {
    reader.leave();
    this.readers.delete(reader);
  }

  /** Whoever sees an end sees that of one run, whole. */
  check(): void {
    for (const reader of this.readers) {
      for (const code of reader.errors)
        expect([code, this.slow.has(reader)]).toEqual(["overloaded", true]);
      const { state } = reader;
      if (!state) continue;
      const loading = this.loadings.find(({ epoch }) => epoch === state.epoch);
      const whole = loading?.script.pauses.map((_, i) => `${loading.number}.${i} `).join("") ?? "";
      const { text = "", status } = state.message("m") ?? {};
      expect(whole.startsWith(text)).toBe(true);
      if (!state.closed) continue;
      if (!state.closed.error) expect(loading?.script.end).toBe("returns");
      if (!state.closed.error) expect([text, status]).toEqual([whole, "completed"]);
      else expect(["failed", undefined]).toContain(status);
    }
  }
}

async function act(world: World, step: Step): Promise<void> {
  if (step.type === "come") world.come(`feed/${step.name}`, step.isSlow);
  else if (step.type === "pass") await world.pass(step.time);
  else {
    const reader = [...world.readers][step.reader];
    if (!reader) return;
    if (step.type === "leave") world.leave(reader);
    else if (step.type === "drain") reader.drain();
    else {
      reader.isCongested = true;
      world.slow.add(reader);
    }
  }
  world.check();
}

test("L40: whoever comes and goes, each sees one whole result, made once, and nothing is left of it", async () => {
  const property = fc.asyncProperty(scripts, steps, async (scripts, steps) => {
    const world = new World(scripts);
    for (const step of steps) await act(world, step);
    for (const reader of world.readers) reader.drain();
    await world.pass(250);
    world.check();
    for (const { errors, state } of world.readers) {
      if (errors.length === 0) expect(state?.closed).toBeDefined();
    }
    for (const reader of [...world.readers]) world.leave(reader);
    await world.pass(250);
    const { clock, channels, counts } = world.server;
    expect({ pending: clock.pending, channels: channels.gauges().channels }).toEqual({
      pending: 0,
      channels: 0,
    });
    expect(counts).toMatchObject({ kept: 0, loading: 0, started: world.loadings.length });
    expect(world.server.defects).toEqual([]);
  });
  await fc.assert(property, { numRuns: 200 });
}, 60_000);
