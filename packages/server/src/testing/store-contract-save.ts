import assert from "node:assert/strict";
import type { StoredPatch } from "../store.js";
import type { ContractCase } from "./contract-case.js";
import {
  appended,
  expectStored,
  message,
  patch,
  save,
  saved,
  stored,
  whole,
} from "./saved-channel.js";
import type { StoreSubject } from "./store-subject.js";

export const saveCases: readonly ContractCase<StoreSubject>[] = [
  {
    name: "loads nothing of a channel that was never saved",
    async run({ store }) {
      assert.equal(await store.load("c"), undefined);
      assert.deepEqual([...(await store.save([]))], []);
      assert.equal(await store.load("c"), undefined);
    },
  },
  {
    name: "saves messages whole, and loads them in order",
    async run({ store }) {
      const first = save(3, [whole(7, message("b")), whole(2, message("z"))]);
      await saved(store, first);
      await expectStored(store, first, [stored(2, 3, message("z")), stored(7, 3, message("b"))]);
      const second = save(5, [whole(10, message("a")), whole(9, message("y"))]);
      await saved(store, second);
      await expectStored(store, second, [
        stored(2, 3, message("z")),
        stored(7, 3, message("b")),
        stored(9, 5, message("y")),
        stored(10, 5, message("a")),
      ]);
    },
  },
  {
    name: "saves what has changed since, and keeps it in order",
    async run({ store }) {
      const a = message("a", "");
      await saved(store, save(1, [whole(1, a), whole(2, message("b"))]));
      const patches: StoredPatch[] = [];
      let last = 1;
      for (const seq of [2, 3, 9, 10, 11, 100, 101]) {
        const changes = [appended("a", patches.length, "x"), appended("a", 0, "y")];
        await saved(store, save(seq, [patch("a", last, ...changes)]));
        patches.push({ seq, changes });
        last = seq;
      }
      const b = stored(2, 1, message("b"));
      await expectStored(store, save(last, []), [stored(1, 1, a, ...patches), b]);
      await saved(store, save(105, [patch("b", 1, appended("b", 1, "z"))]));
      const later = stored(2, 1, message("b"), { seq: 105, changes: [appended("b", 1, "z")] });
      await expectStored(store, save(105, []), [stored(1, 1, a, ...patches), later]);
    },
  },
  {
    name: "puts a message that is saved whole in place of what it had",
    async run({ store }) {
      await saved(
        store,
        save(1, [whole(1, message("a"))]),
        save(2, [patch("a", 1, appended("a", 1, "x"))]),
        save(3, [whole(1, message("a", "done", { status: "completed" }))]),
      );
      const done = stored(1, 3, message("a", "done", { status: "completed" }));
      await expectStored(store, save(3, []), [done]);
      await saved(store, save(4, [whole(5, message("a", "again", { generation: 1 }))]));
      await saved(store, save(6, [patch("a", 4, appended("a", 5, "!"))]));
      const again = stored(5, 4, message("a", "again", { generation: 1 }), {
        seq: 6,
        changes: [appended("a", 5, "!")],
      });
      await expectStored(store, save(6, []), [again]);
    },
  },
  {
    name: "removes messages",
    async run({ store }) {
      await saved(store, save(1, [whole(1, message("a")), whole(2, message("b"))]));
      await saved(store, save(2, [patch("a", 1, appended("a", 1, "x"))]));
      const one = save(3, [], { removed: ["a", "never there"] });
      await saved(store, one);
      await expectStored(store, one, [stored(2, 1, message("b"))]);
      const back = save(5, [whole(9, message("a", "", { generation: 1 }))], { removed: ["b"] });
      await saved(store, back);
      await expectStored(store, back, [stored(9, 5, message("a", "", { generation: 1 }))]);
    },
  },
  {
    name: "saves a channel's attributes and its end",
    async run({ store }) {
      const nested = { title: "é", deep: { list: [1, null, { "": false }] }, zero: 0, empty: "" };
      const steps = [
        save(1, [], { attributes: nested }),
        save(2, [], { attributes: { title: "new" } }),
        save(3, [], { attributes: {}, closed: {} }),
        save(4, [], { attributes: {}, closed: { reason: "it is over" } }),
        save(5, [], { attributes: {}, closed: { error: { code: "timeout" } } }),
        save(6, [], { attributes: {}, closed: { reason: "" } }),
      ];
      for (const step of steps) {
        await saved(store, step);
        await expectStored(store, step, []);
      }
    },
  },
  {
    name: "saves once what is saved again",
    async run({ store }) {
      const steps = [
        save(1, [whole(1, message("a")), whole(2, message("b"))]),
        save(2, [patch("a", 1, appended("a", 1, "x")), whole(3, message("c"))]),
        save(3, [patch("a", 2, appended("a", 2, "y")), patch("b", 1, appended("b", 1, "z"))], {
          removed: ["c"],
        }),
        save(3, [], { closed: {} }),
      ];
      for (const step of steps) {
        await saved(store, step);
        const before = await store.load("c");
        await saved(store, step, step);
        assert.deepEqual(await store.load("c"), before);
      }
      const a = stored(
        1,
        1,
        message("a"),
        { seq: 2, changes: [appended("a", 1, "x")] },
        { seq: 3, changes: [appended("a", 2, "y")] },
      );
      const b = stored(2, 1, message("b"), { seq: 3, changes: [appended("b", 1, "z")] });
      await expectStored(store, save(3, [], { closed: {} }), [a, b]);
    },
  },
  {
    name: "has everything after it was opened anew",
    async run(subject) {
      if (!subject.reopen) return;
      await saved(subject.store, save(1, [whole(1, message("a")), whole(2, message("b"))]));
      const last = save(2, [patch("a", 1, appended("a", 1, "x"))], { attributes: { title: "t" } });
      await saved(subject.store, last);
      const store = await subject.reopen();
      const a = stored(1, 1, message("a"), { seq: 2, changes: [appended("a", 1, "x")] });
      await expectStored(store, last, [a, stored(2, 1, message("b"))]);
      await saved(store, save(3, [patch("a", 2, appended("a", 2, "y"))]));
    },
  },
  {
    name: "deletes a channel and its messages, and no other",
    async run({ store }) {
      await saved(
        store,
        save(9, [whole(1, message("a"))]),
        save(9, [whole(1, message("a"))], { channel: "d" }),
      );
      await saved(store, save(10, [patch("a", 9, appended("a", 1, "x"))]));
      await store.delete("c");
      await store.delete("c");
      await store.delete("never there");
      assert.equal(await store.load("c"), undefined);
      assert.deepEqual([...(await store.page("c", { before: 100, limit: 10 }))], []);
      await expectStored(store, save(9, [], { channel: "d" }), [stored(1, 9, message("a"))]);
      const anew = save(1, [whole(1, message("z"))]);
      await saved(store, anew);
      await expectStored(store, anew, [stored(1, 1, message("z"))]);
    },
  },
];
