import { apply, type ChannelState } from "@deltawire/protocol";
import { type Change, DeltawireError, type Filter } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { added, removed } from "../testing/changes.js";
import { filtered, textOf } from "../testing/filtered-network.js";
import { FILTERS, FilteredWriter } from "../testing/filtered-writer.js";
import { ChannelEngine } from "./channel-engine.js";
import { FilteredView } from "./filtered-view.js";

/** A channel, and views of it that begin whenever somebody wants one. */
class World {
  readonly engine = new ChannelEngine("c", "e");
  readonly states: ChannelState[] = [this.engine.state];
  readonly views: { readonly view: FilteredView; readonly filter: Filter }[] = [];

  get state(): ChannelState {
    return this.engine.state;
  }

  write(changes: readonly Change[]): void {
    this.engine.change(changes);
    this.states.push(this.state);
    for (const frame of this.engine.drain().frames) {
      for (const { view, filter } of this.views) {
        const before = view.state;
        const step = view.take(frame, this.state);
        if (step === "anew") expect(view.state.seq).toBe(frame.to);
        else if (step) expect(textOf(apply(before, step))).toBe(textOf(view.state));
        else expect(view.state).toBe(before);
        const now = filtered(this.state, filter).with({ seq: view.state.seq });
        expect(textOf(view.state)).toBe(textOf(now));
      }
    }
  }

  look(filter: Filter): FilteredView {
    const view = new FilteredView("c", filter, this);
    this.views.push({ view, filter });
    return view;
  }
}

const draw = fc.record({ kind: fc.nat(16), which: fc.nat(60), size: fc.nat(50) });
const step = fc.oneof(
  { weight: 20, arbitrary: fc.array(draw, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.nat(FILTERS.length - 1) },
  { weight: 1, arbitrary: fc.constant("quiet" as const) },
);
const steps = fc.array(step, { maxLength: 40, size: "max" });

const reached = { passages: 0, windowed: 0, between: 0, before: 0 };

/** From every version that there was, a passage leads to what the filter shows now, or there is none. */
function checkPassages({ states }: World, view: FilteredView, filter: Filter, born: number): void {
  for (const state of states) {
    if (state.seq >= view.state.seq) break;
    for (const last of [undefined, 1, 3]) {
      const whole = filtered(state, filter);
      const earlier = Math.max(0, whole.messages.length - (last ?? whole.messages.length));
      if (last !== undefined && earlier === 0) continue;
      let replica = whole.with({ messages: whole.messages.slice(earlier), earlier });
      for (let begun = false; replica.seq < view.state.seq; begun = true) {
        const windowed = last !== undefined;
        const frame = view.passage(replica.seq, { begun, windowed });
        if (!frame) break;
        try {
          replica = apply(replica, frame);
        } catch (error) {
          // A window cannot tell where the next generation of a message belongs: it begins anew.
          if (windowed && error instanceof DeltawireError && error.code === "gap") break;
          throw error;
        }
        if (!windowed) reached.passages += 1;
        else reached.windowed += 1;
        if (state.seq < born) reached.before += 1;
        else if (state.seq < view.state.seq && !windowed) reached.between += 1;
        const { length } = replica.messages;
        const shown = filtered(states[replica.seq] ?? state, filter);
        const tail = windowed
          ? shown.messages.slice(shown.messages.length - length)
          : shown.messages;
        expect(textOf(replica)).toBe(textOf(shown.with({ messages: tail })));
      }
    }
  }
}

describe("a view", () => {
  test("is what its filter shows, and leads there from every version that it knows", () => {
    fc.assert(
      fc.property(fc.boolean(), steps, (isCalm, script) => {
        const world = new World();
        const writer = new FilteredWriter(world, isCalm);
        const born = new Map<FilteredView, number>();
        const look = (filter: Filter) => born.set(world.look(filter), world.state.seq);
        look({ role: "event" });
        for (const each of script) {
          if (each === "quiet") for (const { view } of world.views) view.catchUp();
          else if (typeof each === "number") look(FILTERS[each] ?? {});
          else writer.write(each);
        }
        for (const { view, filter } of world.views) {
          checkPassages(world, view, filter, born.get(view) ?? 0);
        }
      }),
      { numRuns: 150 },
    );
    for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(100);
  }, 60_000);

  test("says nothing of versions that are not about it, and is at them once that is said", () => {
    const world = new World();
    const view = world.look({ kind: "alert" });
    world.write([added("a", "", { kind: "note" })]);
    world.write([added("b", "", { kind: "note" })]);
    expect(view.state.seq).toBe(0);
    expect(view.behind).toBe(2);
    expect(view.catchUp()).toMatchObject({ from: 0, to: 2, changes: [] });
    expect(view.catchUp()).toBeUndefined();
    expect(view.passage(1, { begun: false, windowed: false })).toMatchObject({ from: 1, to: 2 });
  });

  test("is taken from a version within a leap by what was at its end", () => {
    const world = new World();
    const view = world.look({ kind: "alert" });
    world.write([added("a", "", { kind: "note" })]);
    world.write([added("b", "", { kind: "alert" })]);
    expect(view.passage(1, { begun: false, windowed: false })).toMatchObject({
      ...{ from: 1, to: 2 },
      changes: [{ type: "message_added", id: "b" }],
    });
  });

  test("what goes and comes again within a frame comes last", () => {
    const world = new World();
    world.write([added("a", "", { kind: "alert" }), added("b", "", { kind: "alert" })]);
    const view = world.look({ kind: "alert" });
    const again = added("a", "again", { kind: "alert", generation: 1 });
    world.write([removed("a"), added("c", "", { kind: "alert" }), again]);
    expect(view.state.messages.map(({ id }) => id)).toEqual(["b", "c", "a"]);
  });

  test("a message that begins to match comes last, or makes the view another one", () => {
    const world = new World();
    world.write([added("a"), added("b")]);
    const view = world.look({ attributes: { "/on": true } });
    const set = (id: string, value: boolean): Change => ({
      ...{ type: "message_patch", id },
      attributes: [{ op: "add", path: "/on", value }],
    });
    const frame = (change: Change) => {
      world.engine.change([change]);
      const [first] = world.engine.drain().frames;
      return first && view.take(first, world.state);
    };
    expect(frame(set("b", true))).toMatchObject({ changes: [{ type: "message_added", id: "b" }] });
    expect(frame(set("a", true))).toBe("anew");
    expect(view.state.messages.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(frame(set("b", false))).toMatchObject({
      changes: [{ type: "message_removed", id: "b" }],
    });
    expect(frame(set("b", false))).toBeUndefined();
  });
});
