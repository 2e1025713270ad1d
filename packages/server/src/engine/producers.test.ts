import { expect, test } from "vitest";
import { added, append, frame } from "../testing/changes.js";
import { startEngine } from "../testing/engine-writer.js";
import { type Claim, Producers } from "./producers.js";

function attach(producers: Producers, producer: string, claim: Claim) {
  const row = producers.attaching(producer, claim);
  producers.put(row);
  return row;
}

const fenced = expect.objectContaining({ code: "fenced", channel: "c" });

test("L25: a program run that comes back goes on; one after which another came does not", () => {
  const producers = new Producers("c");
  const first = attach(producers, "p", { instance: "a" });
  const back = attach(producers, "p", { instance: "a", token: first.token });
  expect(back.token).toBeGreaterThan(first.token);
  const other = attach(producers, "p", { instance: "b" }); // without a token: it begins
  expect(() => attach(producers, "p", { instance: "a", token: back.token })).toThrow(fenced);
  expect(producers.get("p")).toMatchObject({ token: other.token, instance: "b" });
  expect(attach(producers, "p", { instance: "b", token: other.token }).token).toBe(other.token + 1);
});

test("a token of before the log was lost is none, whoever has the same by now", () => {
  const producers = new Producers("c");
  const { token } = attach(producers, "p", { instance: "b" });
  expect(() => attach(producers, "p", { instance: "a", token })).toThrow(fenced);
});

test("a run whose last answer was lost states an earlier token, and is still the same", () => {
  const producers = new Producers("c");
  const { token } = attach(producers, "p", { instance: "a" });
  attach(producers, "p", { instance: "a", token });
  expect(() => attach(producers, "p", { instance: "a", token })).not.toThrow();
});

test("a token without a program run counts while it is the last one", () => {
  const producers = new Producers("c");
  const { token } = attach(producers, "p", {});
  attach(producers, "p", { token });
  expect(() => attach(producers, "p", { token })).toThrow(fenced);
});

test("a run that was forgotten begins anew", () => {
  const producers = new Producers("c");
  expect(attach(producers, "p", { instance: "a", token: 9 })).toMatchObject({ seq: 0, token: 1 });
});

test("a frame may supersede numbers: those between are never appended", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m"));
  const superseding = { ...frame(1, append("m", 0, "abc")), to: 7 };
  expect(engine.append("p", writer.token, superseding)).toMatchObject({
    frame: { from: 1, to: 2 },
    ack: { seq: 7 },
  });
  const lost = frame(4, append("m", 3, "x"));
  expect(engine.append("p", writer.token, lost)).toEqual({
    ack: { type: "ack", channel: "c", seq: 7 },
  });
  expect(() => engine.append("p", writer.token, { ...lost, from: 5, to: 9 })).toThrow(
    expect.objectContaining({ code: "gap" }),
  );
  expect(engine.append("p", writer.token, frame(7)).ack.seq).toBe(8); // it may say nothing
  expect(engine.state.message("m")?.text).toBe("abc");
});
