import type { ChangesFrame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { ChannelWriter } from "./channel-writer.js";

/** A writer of a turn of as many parts, with one that is as long as stated. */
function start(parts: number, size: number) {
  const frames: ChangesFrame[] = [];
  const clock = { now: () => 0, after: () => () => undefined };
  const writer = new ChannelWriter("c", { clock, send: (more) => frames.push(...more) }, 0);
  const reply = writer.write("m").append("begins");
  reply.text("long").append("x".repeat(size));
  for (let i = 0; i < parts; i++) reply.text(`p${i}`).append("x".repeat(10_000));
  reply.json("tool").set({ status: "run", log: Array.from({ length: parts }, () => "line") });
  /** Sends what was written, and says how much that is. */
  const sent = () => {
    writer.drain();
    writer.acknowledge(frames.at(-1)?.to ?? 0);
    return frames.splice(0).map(({ changes }) => changes);
  };
  while (sent().length > 0); // past a bound it waits for the acknowledgement
  const edit = (round: number) => {
    reply.append(" on").text("long").splice(3, 2, "of");
    reply.json("tool").patch([{ op: "replace", path: "/status", value: `${round}` }]);
  };
  const time = () => {
    const before = performance.now();
    for (let round = 0; round < 50; round++) {
      edit(round);
      sent();
    }
    return performance.now() - before;
  };
  return { edit, sent, time };
}

test("L36: what an edit sends, and its work, do not grow with what is there", () => {
  const [small, large] = [start(1, 1000), start(500, 8_000_000)];
  const said = [small, large].map(({ edit, sent }) => {
    edit(0);
    return sent();
  });
  expect(JSON.stringify(said[1]).length).toBeLessThan(500);
  expect(said[1]).toEqual(said[0]);
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 12; round++) {
    [small, large].forEach(({ time }, i) => {
      least[i] = Math.min(least[i] ?? 0, time()); // the least is what it costs undisturbed
    });
  }
  const [of, ofLarge] = least as [number, number];
  expect(ofLarge / of).toBeLessThan(5);
}, 60_000);
