import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { bytesOf, Compressor } from "../bench/wire/framing.js";
import { inputsOf } from "../bench/wire/inputs.js";
import { lossOf } from "../bench/wire/loss.js";
import { measureLateJoin } from "../bench/wire/measure-late-join.js";
import { measureWire } from "../bench/wire/measure-wire.js";
import type { Edit, Input, Message, Peer, Receiver, Sender } from "../bench/wire/peer.js";
import { deltawire } from "../bench/wire/peers/deltawire.js";
import { resend } from "../bench/wire/peers/resend.js";
import { tailPatch } from "../bench/wire/peers/tail-patch.js";
import { PEERS } from "../bench/wire/peers.js";
import { Run } from "../bench/wire/run.js";
import { stretchOf } from "../bench/wire/stretch.js";
import { Truth } from "../bench/wire/truth.js";
import { windowsOf } from "../bench/wire/windows.js";

// That the comparison compares: what is counted, and that every peer brings everything over.

const append = (text: string, part = "text"): Edit => ({ is: "append", part, text });
const begin: Edit = { is: "text", part: "text" };

/** Edits at times, as an input. */
const inputOf = (...steps: readonly (readonly [at: number, ...edits: Edit[]])[]): Input => ({
  name: "test",
  title: "test",
  steps: steps.map(([at, ...edits]) => ({ at, edits })),
});

const THROTTLED = {};

describe("framing", () => {
  test.each([
    ["websocket", "x".repeat(125), 127],
    ["websocket", "x".repeat(126), 130],
    ["websocket", "é".repeat(32_767), 65_538],
    ["websocket", new Uint8Array(65_535), 65_539],
    ["websocket", new Uint8Array(65_536), 65_546],
    ["events", "data: {}\n\n", 10 + "a\r\n".length + "\r\n".length],
    ["events", `data: ${"x".repeat(248)}\n\n`, 256 + "100\r\n".length + "\r\n".length],
    ["lines", '{"é":1}', 9],
  ] as const)("%s", (framing, message, bytes) => {
    expect(bytesOf(framing, message)).toBe(bytes);
  });

  const TEXT = "A text grows in one place, and many people watch it grow. ".repeat(4);

  test("a message that is compressed is one of RFC 7692, with its header anew", () => {
    const compressor = new Compressor("websocket");
    const alone = deflateRawSync(TEXT, { finishFlush: constants.Z_SYNC_FLUSH });
    expect(compressor.bytesOf(TEXT)).toBe(alone.length - 4 + 2);
    expect(compressor.bytesOf(TEXT)).toBeLessThan(12); // the context is taken over
    const noise = randomBytes(200_000);
    expect(compressor.bytesOf(noise)).toBeGreaterThan(200_000);
    expect(compressor.bytesOf(TEXT)).toBeGreaterThan(alone.length - 8); // out of the window
    compressor.close();
  });

  test("events are compressed as HTTP is, flushed after each", () => {
    const compressor = new Compressor("events");
    const alone = gzipSync(TEXT, { finishFlush: constants.Z_SYNC_FLUSH }).length;
    expect(compressor.bytesOf(TEXT)).toBe(alone + alone.toString(16).length + 4);
    compressor.close();
  });
});

describe("windows", () => {
  test("the first edit goes at once, what follows goes at the end of the window", () => {
    const input = inputOf(
      [0, begin],
      ...[10, 99, 100, 150, 500, 510].map((at) => [at, append(`${at} `)] as const),
    );
    expect(windowsOf(input, THROTTLED)).toEqual([
      [begin],
      [append("10 99 ")],
      [append("100 150 ")],
      [append("500 ")],
      [append("510 ")],
    ]);
    expect(windowsOf(input, { isUnthrottled: true })).toHaveLength(input.steps.length);
  });

  test("what follows each other in a part is one edit, whatever happens in others", () => {
    const splice: Edit = { is: "splice", part: "text", offset: 0, removed: 1, text: "b" };
    const patch = (text: string, offset: number): Edit => {
      const at = { path: "/a", changed_offset: offset, removed: 0 };
      const value = { a: `xyz`.slice(0, offset + text.length) };
      return { is: "patch", part: "j", operations: [{ op: "splice", ...at, text }], value };
    };
    const all = [append("a"), append("1", "b"), append("a"), splice, append("c"), append("c")];
    const edits = [begin, ...all, patch("xy", 0), patch("z", 2)];
    expect(windowsOf(inputOf([0, ...edits]), THROTTLED)).toEqual([
      [begin, append("aa"), append("1", "b"), splice, append("cc"), patch("xyz", 0)],
    ]);
  });
});

describe("inputs", () => {
  let inputs: readonly Input[];
  beforeAll(async () => {
    inputs = await inputsOf("smallest");
  });

  const editsOf = ({ steps }: Input): Edit[] => steps.flatMap(({ edits }) => edits);

  test("are the same in each run, and in order", async () => {
    expect(await inputsOf("smallest")).toEqual(inputs);
    for (const { steps } of inputs) {
      const times = steps.map(({ at }) => at);
      expect(times).toEqual(times.slice().sort((a, b) => a - b));
    }
  });

  test("windows lead to what the edits lead to", () => {
    for (const input of inputs) {
      const [one, all] = [new Truth(), new Truth()];
      for (const window of windowsOf(input, THROTTLED)) one.apply(window);
      all.apply(editsOf(input));
      expect(one).toEqual(all);
    }
  });

  test("have what they are for", () => {
    const named = (name: string) => editsOf(inputs.find((input) => input.name === name)!);
    const parts = new Set(named("agent-parallel").map(({ part }) => part));
    expect(parts.size).toBe(8); // four agents, each thinks and writes
    for (const name of ["agent", "agent-parallel"]) {
      expect(named(name).filter(({ is }) => is === "splice")).toHaveLength(20);
    }
    const letters = named("cjk-emoji").map((edit) => ("text" in edit ? edit.text : ""));
    expect(letters.join("")).toMatch(/\p{Script=Han}.*\p{Script=Hebrew}/su);
    expect(letters.filter((text) => !text.isWellFormed())).toEqual([]);
    expect(
      named("terminal")
        .map((edit) => ("text" in edit ? edit.text : ""))
        .join(""),
    ).toContain("\x1b[32m");
    expect(named("json-state").filter(({ is }) => is === "patch")).toHaveLength(60);
  });
});

/** A peer that sends the text whole and shows what `show` makes of it. */
const faulty = (receiver: () => Receiver): Peer => ({ ...resend, name: "faulty", receiver });

describe("what is found out", () => {
  const input = inputOf([0, begin], ...[1, 2, 3, 4].map((i) => [100 * i, append("a")] as const));

  test("somebody who ends with something else", async () => {
    const peer = faulty(() => ({ ...resend.receiver(input), read: () => "else" }));
    await expect(measureWire([input], [peer], "smallest")).rejects.toThrow("wrong in text");
  });

  test.each([
    ["unharmed", resend],
    ["noticed", deltawire],
    ["noticed", faulty(() => counting(3))],
    ["silent", faulty(() => counting())],
  ] as const)("a loss that is %s", async (loss, peer) => {
    expect(await lossOf(peer, input, 5)).toBe(loss);
    expect(await lossOf(peer, input, 1)).toBe("too short");
  });

  /** Shows an `a` for each message but the first; may throw at one. */
  function counting(bad?: number): Receiver {
    let count = 0;
    return {
      receive() {
        count += 1;
        if (count === bad) throw new Error("lost");
      },
      read: () => "a".repeat(count - 1),
      hasNoticed: false,
    };
  }

  test("what an input costs, where only its beginning was run", async () => {
    const edit = append("a".repeat(100_000));
    const steps = Array.from({ length: 40 }, (_, i) => [100 * i, edit] as const);
    const long = inputOf([0, begin], ...steps);
    const { test: rows } = await measureWire([long], [resend, deltawire], "smallest");
    expect(rows?.resend).toMatchObject({ windows: expect.any(Number) });
    expect(rows?.resend?.bytes).toBeCloseTo(4e6 * (rows?.resend?.ratio ?? 0), -1);
  });

  test("a compression of its own, of which less was run", async () => {
    const twice = (sender: Sender): Sender => ({
      ...sender,
      send: (edits) => sender.send(edits).flatMap((message) => [message, message]),
    });
    const compressed: Peer = { ...tailPatch, sender: (input) => twice(tailPatch.sender(input)) };
    const steps = Array.from({ length: 90 }, (_, i) => [100 * i, append("a".repeat(5e4))] as const);
    const long = inputOf([0, begin], ...steps);
    const { test: rows } = await measureWire([long], [{ ...tailPatch, compressed }], "smallest");
    const { bytes = 0, deflated = 0 } = rows?.["tail-patch"] ?? {};
    expect(deflated / bytes).toBeCloseTo(2, 1);
  });

  test("one who is slow works in the middle of a text", async () => {
    const steps = Array.from({ length: 100 }, (_, i) => [100 * i, append("a")] as const);
    const long = inputOf([0, begin], ...steps);
    const { before, windows } = await stretchOf(resend, long, 0);
    expect(before).toEqual([begin, append("a".repeat(49))]);
    expect(windows).toEqual([[append("a")]]);
  });
});

describe.each(PEERS.map((peer) => [peer.name, peer] as const))("%s", (_, peer) => {
  let inputs: readonly Input[];
  beforeAll(async () => {
    inputs = (await inputsOf("smallest")).filter((input) => !peer.unfit?.(input));
  });

  test("brings everything over", async () => {
    expect(inputs.length).toBeGreaterThan(3);
    const wire = await measureWire(inputs, [peer], "smallest");
    for (const { name } of inputs) {
      const row = wire[name]?.[peer.name];
      expect(row?.ratio, name).toBeGreaterThan(0.1);
      expect(row?.deflated, name).toBeLessThan(row?.bytes ?? 0);
      expect(["noticed", "silent", "unharmed"]).toContain(row?.loss);
    }
  });

  test("shows the present state to one who joins in the middle", async () => {
    for (const input of inputs) {
      const run = await Run.begin(peer, input);
      const half = Math.min(150, Math.floor(run.windows.length / 2));
      for (const window of run.windows.slice(0, half)) run.send(window);
      const receiver = peer.receiver(input);
      for (const message of run.sender.join()) await receiver.receive(message as Message);
      run.check(receiver);
    }
  });
});

test("a late join of ours costs its text and what DESIGN allows", async () => {
  const rows = await measureLateJoin([deltawire], "smallest");
  const { bytes = 0, budget = 0 } = rows["4000"]?.deltawire ?? {};
  expect(bytes).toBeGreaterThan(budget - 296);
  expect(bytes).toBeLessThanOrEqual(budget);
});
