import type { ChannelState } from "@deltawire/protocol";
import { SUBPROTOCOLS } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OUTBOX_BOUNDS } from "./outbox.js";
import { Link } from "./testing/link.js";

const IDS = ["a", "b", "c"] as const;

/** What a producer has written of a message. */
interface Written {
  readonly generation: number;
  readonly text: string;
  readonly status: string;
}

/** Writes at random, and keeps account of what the log must come to. */
class Author {
  readonly #raw = new Map<string, Written>();
  readonly promises: Promise<void>[] = [];
  attributes: Record<string, number> = {};
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Splices may cut a pair in two: what travels is well-formed. */
  get written(): [string, Written][] {
    return [...this.#raw].map(([id, { text, ...rest }]) => [
      id,
      { ...rest, text: text.toWellFormed() },
    ]);
  }

  write(id: string, n: number): void {
    const { writer } = this.#link;
    const old = this.#raw.get(id);
    const reopen = old !== undefined && old.status !== "streaming";
    const message = writer.write(id, { reopen });
    const base = old && !reopen ? old : { generation: (old?.generation ?? -1) + 1, text: "" };
    const offset = n % (base.text.length + 1);
    const text = ["x", "😀é", "-".repeat(n % 50)][n % 3] ?? "";
    if (n % 4 > 0) message.append(text);
    else message.splice(offset & ~1, 0, "()");
    const after =
      n % 4 > 0
        ? base.text + text
        : `${base.text.slice(0, offset & ~1)}()${base.text.slice(offset & ~1)}`;
    if (n % 5 === 0) message.json("j").set({ n, list: [n, n] });
    if (n % 7 === 0) message.bytes("o").append(Uint8Array.of(n & 255));
    this.#raw.set(id, { generation: base.generation, text: after, status: "streaming" });
  }

  end(id: string, n: number): void {
    const { writer } = this.#link;
    const old = this.#raw.get(id);
    if (old?.status !== "streaming") return;
    const message = writer.write(id);
    const [status, end] = (
      [
        ["completed", () => message.complete()],
        ["cancelled", () => message.cancel()],
        ["failed", () => message.fail({ code: "no" })],
        ["removed", () => message.remove()],
      ] as const
    )[n % 4] as [string, () => Promise<void>]; // there are four
    this.promises.push(end());
    this.#raw.set(id, { ...old, status });
  }

  set(key: string, n: number): void {
    if (n % 3 > 0) this.attributes = { ...this.attributes, [key]: n };
    else {
      const { [key]: _, ...rest } = this.attributes;
      this.attributes = rest;
    }
    this.#link.writer.setAttributes(this.attributes);
  }
}

/** What a log has of messages that were not removed. */
const held = (state: ChannelState): unknown =>
  Object.fromEntries(
    state.messages.map(({ id, generation, text, status }) => [id, { generation, text, status }]),
  );

type Run = (link: Link, author: Author, id: string, n: number) => void;

const RUNS: Readonly<Record<string, Run>> = {
  write: (_link, author, id, n) => author.write(id, n),
  "write more": (_link, author, id, n) => author.write(id, n),
  "write yet more": (_link, author, id, n) => author.write(id, n),
  end: (_link, author, id, n) => author.end(id, n),
  set: (_link, author, id, n) => author.set(id, n),
  flush: ({ writer }, author) => author.promises.push(writer.flush()),
  wait: (link, _author, _id, n) => link.wait(n),
  up: (link, _author, _id, n) => {
    link.wait(100);
    link.deliverUp(n % 4);
  },
  down: (link, _author, _id, n) => link.deliverDown(n % 4),
  cut: (link) => link.cut(),
  connect: (link) => link.connect(),
  attach: (link) => {
    link.connect();
    link.deliverUp();
    link.deliverDown();
  },
  "cut with frames on their way": (link, author, id, n) => {
    author.write(id, n);
    link.wait(100);
    author.end(id, n);
    link.wait(100);
    author.write(id, n + 1);
    link.deliverUp(n % 4);
    if (n % 2 > 0) link.cut();
  },
};

const step = fc.record({
  is: fc.constantFrom(...Object.keys(RUNS)),
  id: fc.constantFrom(...IDS),
  n: fc.nat({ max: 120 }),
});

const bounds = fc.oneof(
  fc.constant(OUTBOX_BOUNDS),
  fc.record({ weight: fc.constantFrom(1, 100, 400), runs: fc.integer({ min: 1, max: 3 }) }),
);
const subprotocol = fc.constantFrom(SUBPROTOCOLS.json, SUBPROTOCOLS.msgpack);

describe("a writer whose connections are lost", () => {
  test("whatever is lost, and whenever: the log has what was written, once", async () => {
    await fc.assert(
      fc.asyncProperty(
        subprotocol,
        bounds,
        fc.array(step, { minLength: 5, maxLength: 60 }),
        async (protocol, tiny, steps) => {
          const link = new Link(protocol, tiny);
          const author = new Author(link);
          for (const { is, id, n } of steps) RUNS[is]?.(link, author, id, n);
          link.settle();
          await Promise.all(author.promises);
          const left = author.written.filter(([, { status }]) => status !== "removed");
          expect(held(link.log.state)).toEqual(Object.fromEntries(left));
          expect(link.log.state.attributes).toEqual(author.attributes);
          expect(link.log.errors).toEqual([]);
          for (const message of link.writer.state.messages) {
            const logged = link.log.state.message(message.id);
            expect(logged?.snapshot()).toEqual(message.snapshot());
            expect(message.isFinal).toBe(false); // the others were let go of
          }
          const numbers = link.sent.map(({ to }) => to);
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
          for (const count of link.log.completed.values()) expect(count).toBe(1);
          link.cut();
          expect(link.timers).toBe(0);
        },
      ),
      { numRuns: 600 },
    );
  });

  test("a log that has lost everything gets every open message whole", async () => {
    const losses = fc.array(fc.record({ at: fc.nat({ max: 60 }), all: fc.boolean() }), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        subprotocol,
        bounds,
        fc.array(step, { minLength: 5, maxLength: 60 }),
        losses,
        async (protocol, tiny, steps, lost) => {
          const link = new Link(protocol, tiny);
          const author = new Author(link);
          steps.forEach(({ is, id, n }, i) => {
            RUNS[is]?.(link, author, id, n);
            const loss = lost.find(({ at }) => at === i);
            if (!loss) return;
            link.cut();
            link.log.forget(loss.all ? `e${i + 1}` : link.log.state.epoch);
          });
          link.settle();
          await Promise.allSettled(author.promises);
          expect(link.log.state.attributes).toEqual(author.attributes);
          for (const [id, { status, ...rest }] of author.written) {
            const logged = link.log.state.message(id);
            if (status === "streaming") expect(logged).toMatchObject({ ...rest, status });
            else if (logged && status !== "removed")
              expect(logged).toMatchObject({ ...rest, status });
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
