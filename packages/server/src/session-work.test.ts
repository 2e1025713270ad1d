import { expect, test } from "vitest";
import { added, append, frame, splice, textPart } from "./testing/changes.js";
import { TestServer } from "./testing/pair.js";

/** Edits from producer to two consumers, in a turn of as many parts, beside as many other turns. */
function start(parts: number, size: number) {
  const server = new TestServer();
  const writer = server.connect("msgpack");
  writer.produce("p");
  const content = Array.from({ length: parts }, (_, i) => textPart("x".repeat(14_000), `p${i}`));
  const long = textPart("x".repeat(size), "long");
  const turn = added("m", "", { parts: [...content, long, textPart("")] });
  writer.send(frame(0, ...content.map((_, i) => added(`before-${i}`, "Hi")), turn));
  const readers = [server.connect("json").follow(), server.connect("msgpack").follow()];
  let seq = 1;
  let length = 0;
  const edit = () => {
    writer.send(frame(seq, append("m", length, "word ")));
    writer.send(frame(seq + 1, splice("m", length, 4, "edit"), splice("m", 7, 2, "of", "long")));
    server.turn();
    seq += 2;
    length += 5;
  };
  const time = (count: number) => {
    const before = performance.now();
    for (let i = 0; i < count; i++) edit();
    return (performance.now() - before) / count;
  };
  const check = () => {
    for (const { state } of readers)
      expect(state?.message("m")?.text).toBe("edit ".repeat(length / 5));
  };
  return { time, check };
}

test("L36: the work of an update does not grow with the document", () => {
  const small = start(1, 1000);
  const large = start(512, 8_000_000);
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 12; round++) {
    [small, large].forEach(({ time }, i) => {
      least[i] = Math.min(least[i] ?? 0, time(25)); // the least is what it costs undisturbed
    });
  }
  for (const { check } of [small, large]) check();
  const [of, ofLarge] = least as [number, number];
  expect(ofLarge / of).toBeLessThan(5);
}, 60_000);
