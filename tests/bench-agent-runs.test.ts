import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EditedLines } from "../bench/wire/edited-lines.js";
import { Items } from "../bench/wire/items.js";
import type { Edit, Input } from "../bench/wire/peer.js";
import { PEERS } from "../bench/wire/peers.js";
import { Run } from "../bench/wire/run.js";
import { ARGUMENT, append, begin, inputOf, STATE, TURN } from "./agent-runs.js";

// That peers bring over what is edited anywhere, also to one who joins and stays.

const OURS = [
  "fast-json-patch",
  "fossil-delta",
  "chatgpt",
  "ai-sdk",
  "ag-ui",
  "ag-ui-protobuf",
  "acp",
];

/** Texts of two parts, appended to and edited anywhere. */
const texts = fc
  .array(fc.tuple(fc.nat(1), fc.nat(3), fc.nat(), fc.nat(5), fc.string({ maxLength: 6 })), {
    maxLength: 40,
  })
  .map((all) => {
    const parts = ["text", "more"];
    const lengths = [0, 0];
    const edits = all.map(([which, kind, at, most, text]): Edit => {
      const part = parts[which]!;
      const length = lengths[which]!;
      const offset = kind > 0 ? length : at % (length + 1);
      const removed = Math.min(most, length - offset);
      lengths[which]! += text.length - removed;
      if (kind > 0) return append(text, part);
      return { is: "splice", part, offset, removed, text };
    });
    return inputOf([begin(), begin("more")], ...edits.map((edit) => [edit]));
  });

const peers = PEERS.filter(({ name }) => OURS.includes(name));

describe.each(peers.map((peer) => [peer.name, peer] as const))("%s", (_, peer) => {
  async function follow(input: Input, at: number): Promise<void> {
    const run = await Run.begin(peer, input);
    const join = at % run.windows.length;
    const late = peer.receiver(input);
    for (const [i, window] of run.windows.entries()) {
      for (const message of run.send(window)) {
        await run.receiver.receive(message);
        if (i > join) await late.receive(message);
      }
      run.check();
      if (i === join) for (const message of run.sender.join()) await late.receive(message);
      if (i >= join) run.check(late);
    }
    for (const message of run.end()) {
      await run.receiver.receive(message);
      await late.receive(message);
    }
    run.check();
    run.check(late);
    expect([run.receiver.hasNoticed, late.hasNoticed]).toEqual([false, false]);
  }

  test("shows each window as it was, to one who joins as well", async () => {
    for (const input of [TURN, ARGUMENT, STATE]) await follow(input, 2);
  });

  test("shows a text that is edited anywhere", async () => {
    const run = fc.asyncProperty(texts, fc.nat(20), follow);
    await fc.assert(run, { numRuns: 40 });
  });
});

describe("lines that are edited back", () => {
  test("are found, with what was appended to them", () => {
    const lines = new EditedLines();
    lines.append(10);
    lines.append(10);
    lines.splice({ is: "splice", part: "text", offset: 12, removed: 3, text: "-" });
    lines.append(5);
    lines.splice({ is: "splice", part: "text", offset: 11, removed: 2, text: "ab" });
    lines.splice({ is: "splice", part: "text", offset: 3, removed: 0, text: "c" });
    expect(lines.stretches).toEqual([
      { from: 2, to: 3 },
      { from: 11, to: 15 },
    ]);
  });

  test("stand between texts, and strings that stream beside the rest of a call", () => {
    expect(Items.of(TURN).all.map(({ kind }) => kind)).toEqual(["text", "line", "text"]);
    expect(Items.of(ARGUMENT).all).toMatchObject([{ kind: "argument", closing: '"}}' }]);
    expect(Items.of(STATE).all).toMatchObject([
      { kind: "value", place: ["title"] },
      { kind: "value", place: ["calls", "a"] },
      { kind: "value", place: ["calls", "b"] },
      { kind: "string", place: ["calls", "b", "output"] },
    ]);
    expect(Items.withoutArguments(ARGUMENT).all).toMatchObject([{ kind: "value", place: [] }]);
  });
});
