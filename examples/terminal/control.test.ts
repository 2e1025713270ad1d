import fc from "fast-check";
import { expect, test } from "vitest";
import { Control } from "./control.js";

const forbidden = expect.objectContaining({ code: "forbidden" });

/** Control of a terminal, at which people come and go. */
function start(...ids: string[]) {
  const control = new Control();
  const here = new Map(ids.map((id) => [id, id.toUpperCase()]));
  const meet = () => control.meet(Object.fromEntries(here));
  meet();
  return {
    control,
    now: () => control.now,
    joined(id: string) {
      here.set(id, id.toUpperCase());
      meet();
    },
    left(id: string) {
      here.delete(id);
      meet();
    },
  };
}

test("who comes first takes it, who asks gets it from him, and nobody else has a say", () => {
  const { control, now } = start("a", "b", "c");
  expect(() => control.require("a")).toThrow(forbidden);
  control.hand("a", "a");
  control.require("a");
  control.hand("b", "b");
  expect(now()).toMatchObject({ controller: "a", asking: ["b"] });
  expect(() => control.require("b")).toThrow(/A has the keyboard/);
  expect(() => control.hand("c", "b")).toThrow(forbidden);
  expect(() => control.hand("c", null)).toThrow(forbidden);
  for (const nobody of ["nobody", "constructor"]) {
    expect(() => control.hand("a", nobody)).toThrow(forbidden);
  }
  control.hand("a", "b");
  expect(now()).toMatchObject({ controller: "b", asking: [] });
  control.hand("b", null);
  expect(() => control.require("b")).toThrow(/nobody has the keyboard/);
});

test("who leaves leaves it to the one who asked first", () => {
  const { control, now, left } = start("a", "b", "c");
  control.hand("a", "a");
  control.hand("c", "c");
  control.hand("b", "b");
  left("a");
  expect(now()).toEqual({ people: { b: "B", c: "C" }, controller: "c", asking: ["b"] });
  left("c");
  left("b");
  expect(now()).toEqual({ people: {}, controller: null, asking: [] });
});

test("whatever is done: who has it is here, and does not ask for it", () => {
  const ids = ["a", "b", "c"];
  const id = fc.constantFrom(...ids);
  const step = fc.oneof(
    fc.record({ is: fc.constant("join"), by: id, to: id }),
    fc.record({ is: fc.constant("leave"), by: id, to: id }),
    fc.record({ is: fc.constant("hand"), by: id, to: fc.option(id) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { control, now, joined, left } = start();
      for (const { is, by, to } of steps) {
        const before = now().controller;
        if (is === "join") joined(by);
        else if (is === "leave") left(by);
        else if (by in now().people) {
          try {
            control.hand(by, to);
          } catch {
            expect(now().controller).toBe(before);
          }
          const isHis = before === null || before === by;
          if (!isHis) expect(now().controller).toBe(before);
        }
        const { people, controller, asking } = now();
        if (controller !== null) expect(people).toHaveProperty(controller);
        expect(asking).not.toContain(controller);
        expect(new Set(asking).size).toBe(asking.length);
        for (const each of asking) expect(people).toHaveProperty(each);
      }
    }),
  );
});
