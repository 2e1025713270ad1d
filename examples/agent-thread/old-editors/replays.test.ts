import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { OldWorld } from "./testing/old-world.js";

const world = new OldWorld();
beforeAll(() => world.open());
afterEach(() => world.empty());
afterAll(() => world.close());

/** What happens to a thread: an entry is stated, the turn ends, the editor comes back and says it all again. */
type Step =
  | { readonly is: "said"; readonly entry: number; readonly how: number; readonly status?: string }
  | { readonly is: "completed" }
  | { readonly is: "replayed"; readonly reconnects: boolean; readonly cuts: readonly number[] };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant("said" as const),
      entry: fc.nat(3),
      how: fc.nat(9),
      status: fc.constantFrom("Pending", "In Progress", "Completed"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ is: "completed" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant("replayed" as const),
      reconnects: fc.boolean(),
      cuts: fc.array(fc.nat(20), { maxLength: 4 }),
    }),
  },
);

test("wherever older entries are stated again, however far, a thread ends as it would have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 25 }), async (steps) => {
      const editor = await world.editor().connect();
      const entries = new Map<number, { content: string; status: string }>();
      const state = (entry: number, content: string): void => {
        const tool_status = entries.get(entry)?.status ?? "";
        editor.added(String(entry), content, { entry_type: "tool_call", tool_status });
      };
      let words = 0;
      for (const step of steps) {
        if (step.is === "completed") editor.completed();
        if (step.is === "said") {
          const { content = "" } = entries.get(step.entry) ?? {};
          // It grows, mostly; now and then it is corrected in the middle, or its end is cut off.
          const next =
            step.how < 8
              ? `${content} w${words++}😀`
              : step.how === 8
                ? `W${words++}${content.slice(1)}`
                : content.slice(0, -4).toWellFormed() || "x";
          if (next.length < content.length) state(step.entry, content); // it knows what it cuts
          entries.set(step.entry, { content: next, status: step.status ?? "" });
          state(step.entry, next);
        }
        if (step.is === "replayed") {
          if (step.reconnects) {
            await editor.disconnect();
            await editor.connect();
          }
          for (const [entry, { content }] of entries) {
            const cuts = step.reconnects ? step.cuts.slice().sort((a, b) => a - b) : [];
            for (const cut of cuts) state(entry, content.slice(0, cut).toWellFormed());
            state(entry, content);
          }
        }
      }
      editor.completed();
      await editor.shows(
        ...[...entries].map(([id, { content }]) => `${id} assistant ${content} completed`),
      );
      const statuses = editor.page.state.messages.map(({ attributes }) => attributes.tool_status);
      expect(statuses).toEqual([...entries.values()].map(({ status }) => status));
      await editor.disconnect();
    }),
    { numRuns: 30 },
  );
});
