import assert from "node:assert/strict";
import type { ContractCase } from "./contract-case.js";
import {
  appended,
  expectSame,
  message,
  patch,
  save,
  saved,
  stored,
  whole,
} from "./saved-channel.js";
import type { StoreSubject } from "./store-subject.js";

/** Orders with gaps, as removals leave them. */
const ORDERS = [3, 4, 7, 20, 21, 1000, 10_000_000_000];

export const pageCases: readonly ContractCase<StoreSubject>[] = [
  {
    name: "pages back from a place",
    async run({ store }) {
      await saved(
        store,
        save(
          1,
          [...ORDERS].reverse().map((order) => whole(order, message(`m${order}`))),
        ),
        save(1, [whole(5, message("another one's"))], { channel: "d" }),
      );
      const all = ORDERS.map((order) => stored(order, 1, message(`m${order}`)));
      for (const before of [0, 3, 4, 5, 7, 21, 1001, 10_000_000_000, Number.MAX_SAFE_INTEGER]) {
        const earlier = all.filter(({ order }) => order < before);
        for (const limit of [1, 2, 3, 100]) {
          expectSame(await store.page("c", { before, limit }), earlier.slice(-limit));
        }
      }
    },
  },
  {
    name: "pages through a whole channel",
    async run({ store }) {
      const ids = Array.from({ length: 100 }, (_, i) => `m${i}`);
      await saved(
        store,
        save(
          1,
          ids.map((id, i) => whole(i, message(id))),
        ),
      );
      const found: string[] = [];
      let before = 100;
      for (;;) {
        const page = await store.page("c", { before, limit: 7 });
        const [first] = page;
        if (!first) break;
        found.unshift(...page.map((each) => each.message.id));
        before = first.order;
      }
      assert.deepEqual(found, ids);
    },
  },
  {
    name: "has patches in a page, and no message that was removed",
    async run({ store }) {
      const names = ["a", "b", "c"];
      await saved(
        store,
        save(
          1,
          names.map((id, i) => whole(i, message(id))),
        ),
      );
      const changes = [appended("a", 1, "x")];
      await saved(store, save(2, [patch("a", 1, ...changes)], { removed: ["b"] }));
      expectSame(await store.page("c", { before: 3, limit: 2 }), [
        stored(0, 1, message("a"), { seq: 2, changes }),
        stored(2, 1, message("c")),
      ]);
    },
  },
  {
    name: "pages through nothing",
    async run({ store }) {
      expectSame(await store.page("never there", { before: 10, limit: 10 }), []);
      await saved(store, save(1, []));
      expectSame(await store.page("c", { before: 10, limit: 10 }), []);
    },
  },
];
