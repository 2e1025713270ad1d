import { Decoder } from "@deltawire/decoder";
import { History } from "@deltawire/decoder/history";
import type { ChannelState } from "@deltawire/protocol";
import type { ChangesFrame, Filter } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { added, append } from "./testing/changes.js";
import { FilteredConsumer, FilteredNetwork, filtered, textOf } from "./testing/filtered-network.js";
import { type Draw, FILTERS, FilteredWriter } from "./testing/filtered-writer.js";

const WORST = 200_000;

type Step =
  | { readonly do: "write"; readonly draws: readonly Draw[] }
  | { readonly do: "take" | "restart"; readonly server: number; readonly count: number }
  | { readonly do: "hold" | "ask" | "page" | "cut"; readonly who: number }
  | { readonly do: "read"; readonly who: number; readonly count: number }
  | { readonly do: "connect"; readonly who: number; readonly server: number }
  | { readonly do: "want"; readonly who: number; readonly filter: number }
  | { readonly do: "wait"; readonly milliseconds: number };

const who = fc.nat(7);
const server = fc.nat(1);
const draw = fc.record({ kind: fc.nat(16), which: fc.nat(60), size: fc.nat(400) });
const one = <T extends Step["do"]>(name: T, weight: number, more: object) => ({
  weight,
  // The record has what its name asks for.
  arbitrary: fc.record({ do: fc.constant(name), ...more }) as unknown as fc.Arbitrary<Step>,
});
const steps = fc.array(
  fc.oneof(
    one("write", 30, { draws: fc.array(draw, { minLength: 1, maxLength: 3 }) }),
    one("take", 20, { server, count: fc.integer({ min: 1, max: 6 }) }),
    one("restart", 1, { server, count: fc.nat(40) }),
    one("hold", 4, { who }),
    one("read", 5, { who, count: fc.nat(9) }),
    one("ask", 2, { who }),
    one("page", 2, { who }),
    one("cut", 4, { who }),
    one("connect", 5, { who, server }),
    one("want", 2, { who, filter: fc.nat(FILTERS.length - 1) }),
    one("wait", 4, { milliseconds: fc.constantFrom(0, 300, 1100) }),
  ),
  { maxLength: 120, size: "max" },
);

/** How often what came of it: a simulation in which nothing happens proves nothing. */
const seen = { frames: 0, leaps: 0, empty: 0, snapshots: 0, catchUps: 0, left: 0, entered: 0 };

class World {
  readonly network = new FilteredNetwork(2);
  readonly writer: FilteredWriter;
  readonly consumers: FilteredConsumer[] = [];
  readonly at: number[] = [];

  constructor(isCalm: boolean) {
    this.writer = new FilteredWriter(this.network, isCalm);
    for (let i = 0; i < 8; i++) {
      const last = i < 6 ? undefined : i - 4;
      const decoder = new Decoder("c", last, FILTERS[2 + (i >> 1)]);
      const check = (consumer: FilteredConsumer, frame?: ChangesFrame) =>
        this.check(consumer, frame);
      this.consumers.push(new FilteredConsumer(i % 2 ? "json" : "msgpack", decoder, check));
      this.connect(i, i);
    }
  }

  connect(i: number, server: number): void {
    this.at[i] = server % 2;
    this.consumers[i]?.connect(this.network.server(server));
  }

  /** What a consumer holds is what its filter shows of the channel, exactly. */
  check({ decoder, filter }: FilteredConsumer, frame: ChangesFrame | undefined): void {
    const { replica } = decoder;
    const state = replica && this.network.states.get(replica.seq);
    if (!replica || !state) expect.fail("it holds a version that there is not");
    const view = filtered(state, filter);
    const { length } = replica.messages;
    const shown = replica.earlier > 0 ? view.messages.slice(-length) : view.messages;
    const wanted = view.with({ messages: length === 0 && replica.earlier > 0 ? [] : shown });
    if (textOf(replica) !== textOf(wanted)) expect(textOf(replica)).toBe(textOf(wanted));
    if (!frame) seen.snapshots += 1;
    else if (frame.request !== undefined) seen.catchUps += 1;
    else this.matters(frame, filter);
  }

  /** A live frame says something of what the filter shows, or nothing at all. */
  matters({ from, to, changes }: ChangesFrame, filter: Filter | undefined): void {
    const before = this.network.states.get(from);
    const after = this.network.states.get(to);
    if (!before || !after) expect.fail("a frame of versions that there are not");
    seen.frames += 1;
    if (to > from + 1) seen.leaps += 1;
    if (changes.length === 0) seen.empty += 1;
    const [old, next] = [filtered(before, filter), filtered(after, filter)];
    for (const change of changes) {
      if (!("id" in change)) continue;
      const { id } = change;
      const isOfView = old.message(id) ?? next.message(id);
      if (to === from + 1) expect(isOfView, `${id} of ${from} → ${to}`).toBeDefined();
      if (change.type === "message_removed" && after.message(id)) seen.left += 1;
      const isKnown = change.type === "message_added" && before.message(id) && !old.message(id);
      if (isKnown) seen.entered += 1;
    }
  }

  do(step: Step): void {
    const { network } = this;
    const consumer = "who" in step ? this.consumers[step.who] : undefined;
    switch (step.do) {
      case "write":
        this.writer.write(step.draws);
        return;
      case "take":
        network.take(step.server, step.count);
        return;
      case "restart":
        for (const [i, at] of this.at.entries()) {
          if (at === step.server) this.consumers[i]?.cut();
        }
        network.restart(step.server, step.count);
        for (const [i, at] of this.at.entries()) if (at === step.server) this.connect(i, at);
        return;
      case "hold":
        consumer?.client?.down.hold();
        return;
      case "read":
        consumer?.client?.down.release(step.count || undefined);
        return;
      case "ask":
        consumer?.client?.send(consumer.decoder.join());
        return;
      case "page": {
        const frame = consumer?.decoder.history(2, History);
        if (frame) consumer?.client?.send(frame);
        return;
      }
      case "cut":
        consumer?.cut();
        return;
      case "connect":
        this.connect(step.who, step.server);
        return;
      case "want":
        consumer?.want(FILTERS[step.filter]);
        return;
      case "wait":
        network.clock.advance(step.milliseconds);
        return;
    }
  }

  finish(): ChannelState {
    const { network } = this;
    for (const [i, { client }] of this.consumers.entries()) {
      if (client) client.down.release();
      else this.connect(i, this.at[i] ?? 0);
    }
    for (const server of [0, 1]) network.take(server, Number.POSITIVE_INFINITY);
    network.clock.advance(3000);
    for (const { decoder } of this.consumers) {
      expect(decoder.isLive).toBe(true);
      expect(decoder.counts.mismatches).toBe(0);
      expect(decoder.state?.seq, "everybody knows the place").toBe(network.state.seq);
    }
    return network.state;
  }
}

function run(isCalm: boolean, script: readonly Step[]): void {
  const world = new World(isCalm);
  for (const step of script) {
    world.do(step);
    for (const { client } of world.consumers) {
      expect(client?.down.waiting ?? 0).toBeLessThan(WORST);
    }
  }
  world.finish();
  for (const server of [0, 1]) expect(world.network.server(server).defects).toEqual([]);
}

describe("whatever happens", () => {
  test("every replica is what its filter shows of the channel, at every version", () => {
    const numRuns = Number(process.env.DELTAWIRE_FUZZ_RUNS ?? 60);
    fc.assert(fc.property(fc.boolean(), steps, run), { numRuns, interruptAfterTimeLimit: 20_000 });
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(4);
  }, 60_000);
});

test("who is loaded anew by one of several frames that come at once knows the parts of the others", () => {
  const network = new FilteredNetwork(1);
  const take = () => network.take(0, Number.POSITIVE_INFINITY);
  network.write([added("a"), added("b")]);
  take();
  const decoder = new Decoder("c", 1);
  const consumer = new FilteredConsumer("msgpack", decoder, () => undefined);
  consumer.connect(network.server(0));
  network.write([added("a", "", { role: "another" })]); // a window cannot tell where that stands
  network.write([added("n")]);
  take();
  network.write([append("n", 0, "more")]);
  take();
  expect(decoder.state?.message("n")?.text).toBe("more");
  expect(decoder.state?.seq).toBe(network.state.seq);
});
