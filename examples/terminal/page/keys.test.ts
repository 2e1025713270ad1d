import { DeltawireError, type JsonValue } from "@deltawire/client";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Keys, typedBytes } from "./keys.js";

/** A channel whose commands are answered by hand. */
function start() {
  const asked: {
    value: JsonValue | undefined;
    answer(error?: Error): void;
    signal?: AbortSignal;
  }[] = [];
  const refused = vi.fn();
  const command = (_name: string, value?: JsonValue, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise<undefined>((resolve, reject) => {
      const answer = (error?: Error) => (error ? reject(error) : resolve(undefined));
      asked.push({ value, answer, ...(signal && { signal }) });
    });
  return { keys: new Keys({ command }, refused), asked, refused };
}

const turn = () => new Promise((next) => setImmediate(next));

test("each key goes at once", () => {
  const { keys, asked } = start();
  for (const key of "ls -l") keys.type(key);
  expect(asked.map(({ value }) => value)).toEqual([..."ls -l"]);
});

test("whatever is typed and pasted arrives whole, in order, in commands that fit", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 50 }).map((short) => short.repeat(100));
  const property = fc.asyncProperty(fc.array(text, { maxLength: 40 }), async (typed) => {
    const { keys, asked } = start();
    for (const each of typed) keys.type(typedBytes(each));
    let open = 0;
    for (let i = 0; i < asked.length; i++) {
      open = Math.max(open, asked.length - i);
      asked[i]?.answer();
      await turn();
    }
    const sent = asked.map(({ value }) => String(value));
    expect(Buffer.from(sent.join(""), "latin1").toString()).toBe(typed.join(""));
    expect(open).toBeLessThanOrEqual(16);
    for (const each of sent) expect(each.length).toBeLessThanOrEqual(2048);
  });
  await fc.assert(property, { numRuns: 30 });
});

test("what was typed before the connection was lost is not typed into another shell", async () => {
  const { keys, asked, refused } = start();
  for (let i = 0; i < 20; i++) keys.type("x");
  expect(asked).toHaveLength(16);
  keys.drop();
  expect(asked.every(({ signal }) => signal?.aborted)).toBe(true);
  for (const { answer } of asked.splice(0)) answer(new Error("aborted"));
  await turn();
  expect(asked).toEqual([]);
  expect(refused).not.toHaveBeenCalled();
  keys.type("y");
  expect(asked).toHaveLength(1);
});

test("where one is refused, what was typed behind it is not typed, and that is said once", async () => {
  const { keys, asked, refused } = start();
  for (let i = 0; i < 20; i++) keys.type("x");
  const [first, ...others] = asked.splice(0);
  first?.answer(new DeltawireError("overloaded", "the program does not read"));
  for (const { answer } of others) answer(new DeltawireError("overloaded", "nor now"));
  await turn();
  expect(asked).toEqual([]);
  expect(refused.mock.calls).toEqual([[expect.objectContaining({ code: "overloaded" })]]);
  keys.type("y");
  expect(asked.map(({ value }) => value)).toEqual(["y"]);
});
