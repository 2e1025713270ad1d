import assert from "node:assert/strict";
import type { ContractCase } from "./contract-case.js";
import {
  appended,
  expectStored,
  message,
  patch,
  refused,
  save,
  saved,
  stored,
  whole,
} from "./saved-channel.js";
import type { StoreSubject } from "./store-subject.js";

const x = (id: string) => appended(id, 1, "x");

export const conflictCases: readonly ContractCase<StoreSubject>[] = [
  {
    name: "refuses a version that is passed",
    async run({ store }) {
      await saved(store, save(5, [whole(1, message("a"))]));
      await refused(store, save(4, []));
      await refused(store, save(4, [whole(1, message("a", "old"))]));
      await refused(store, save(4, [], { removed: ["a"], attributes: { old: true } }));
      await saved(store, save(5, [whole(2, message("b"))]), save(6, []));
    },
  },
  {
    name: "refuses a patch to what is not there at its place",
    async run({ store }) {
      await refused(store, save(1, [patch("a", 0, x("a"))]));
      await saved(store, save(2, [whole(1, message("a"))]));
      await saved(store, save(4, [patch("a", 2, x("a"))]));
      for (const since of [0, 1, 2, 3, 5]) {
        await refused(store, save(6, [patch("a", since, x("a"))]));
      }
      await refused(store, save(6, [patch("never there", 4, x("never there"))]));
      await saved(store, save(7, [], { removed: ["a"] }));
      await refused(store, save(8, [patch("a", 4, x("a"))]));
      assert.equal((await store.load("c"))?.messages.length, 0);
    },
  },
  {
    name: "saves a channel wholly or not at all",
    async run({ store }) {
      await saved(store, save(1, [whole(1, message("a")), whole(2, message("b"))]));
      const good = [whole(3, message("n")), patch("a", 1, x("a"))];
      const bad = patch("b", 0, x("b"));
      for (const messages of [
        [...good, bad],
        [bad, ...good],
      ]) {
        await refused(
          store,
          save(2, messages, { removed: ["b"], attributes: { new: 1 }, closed: {} }),
        );
      }
      await saved(store, save(2, good));
    },
  },
  {
    name: "leaves the others alone where one conflicts",
    async run({ store }) {
      const names = Array.from({ length: 30 }, (_, i) => `channel ${i}`);
      const first = names.map((channel) => save(5, [whole(1, message("a"))], { channel }));
      assert.deepEqual(
        [...(await store.save(first))],
        names.map(() => "saved"),
      );
      const second = names.map((channel, i) => {
        if (i % 3 === 0) return save(4, [], { channel });
        return save(6, [patch("a", i % 3 === 1 ? 5 : 2, x("a"))], { channel });
      });
      const answers = names.map((_, i) => (i % 3 === 1 ? "saved" : "conflict"));
      assert.deepEqual([...(await store.save(second))], answers);
      for (const [i, channel] of names.entries()) {
        const isSaved = i % 3 === 1;
        const patches = isSaved ? [{ seq: 6, changes: [x("a")] }] : [];
        await expectStored(store, save(isSaved ? 6 : 5, [], { channel }), [
          stored(1, 5, message("a"), ...patches),
        ]);
      }
    },
  },
  {
    name: "leaves what another epoch does not name",
    async run({ store }) {
      await saved(store, save(50, [whole(1, message("a")), whole(2, message("b"))]));
      await saved(store, save(51, [patch("b", 50, x("b"))]));
      const b = stored(2, 50, message("b"), { seq: 51, changes: [x("b")] });
      const stated = { epoch: "other", attributes: { title: "new" } };
      const other = save(3, [whole(1, message("a", "new")), whole(4, message("d"))], stated);
      await saved(store, other);
      const a = stored(1, 3, message("a", "new"));
      const d = stored(4, 3, message("d"));
      await expectStored(store, other, [a, b, d]);
      const back = save(52, [], { removed: ["d"] });
      await saved(store, back);
      await expectStored(store, back, [a, b]);
    },
  },
  {
    name: "refuses a patch to what was saved in another epoch",
    async run({ store }) {
      const epoch = "other";
      await saved(store, save(50, [whole(1, message("a")), whole(2, message("b"))]));
      await refused(store, save(51, [patch("a", 50, x("a"))], { epoch }));
      await refused(store, save(50, [patch("a", 50, x("a"))], { epoch }));
      await saved(store, save(3, [whole(1, message("a", "new"))], { epoch }));
      await refused(store, save(51, [patch("b", 50, x("b"))], { epoch }));
      await refused(store, save(2, [], { epoch }));
      const next = save(4, [patch("a", 3, x("a"))], { epoch });
      await saved(store, next);
      const a = stored(1, 3, message("a", "new"), { seq: 4, changes: [x("a")] });
      await expectStored(store, next, [a, stored(2, 50, message("b"))]);
    },
  },
  {
    name: "lets one of two that save at once go on from a place",
    async run({ store }) {
      await saved(store, save(1, [whole(1, message("a"))]));
      const racers = Array.from({ length: 20 }, (_, i) =>
        save(2 + i, [patch("a", 1, appended("a", 1, `${i}`))]),
      );
      const answers = await Promise.all(racers.map((racer) => store.save([racer])));
      const won = racers.filter((_, i) => answers[i]?.[0] === "saved");
      assert.equal(won.length, 1, "one and no more");
      const [winner] = won;
      if (!winner) return;
      const { seq } = winner;
      const changes = [appended("a", 1, `${seq - 2}`)];
      await expectStored(store, winner, [stored(1, 1, message("a"), { seq, changes })]);
    },
  },
];
