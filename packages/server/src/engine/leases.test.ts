import { describe, expect, test } from "vitest";
import { added, append, completed, digest, frame } from "../testing/changes.js";
import { EngineWriter, startEngine } from "../testing/engine-writer.js";
import { ChannelEngine } from "./channel-engine.js";
import { Leases } from "./leases.js";

const LEASE = 15_000;
const LOST = 600_000;
const error = (code: string) => expect.objectContaining({ code });

describe("a producer that is gone", () => {
  test("has its open messages interrupted after the lease, and failed long after", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m", "Hi"), added("done"), completed("done", digest("")));
    new EngineWriter(engine, "q").append(added("other"));
    engine.detach("p", writer.token, 1000);
    expect(engine.dueAt).toBe(1000 + LEASE);
    expect(engine.lapse(1000 + LEASE - 1)).toBeUndefined();
    const status = { type: "message_patch", id: "m", status: "interrupted" };
    expect(engine.lapse(1000 + LEASE)).toEqual({ ...frame(2), changes: [status] });
    expect(engine.lapse(1000 + LEASE)).toBeUndefined();
    expect(engine.dueAt).toBe(1000 + LOST);
    expect(engine.lapse(1000 + LOST)).toMatchObject({
      changes: [{ type: "message_completed", id: "m", status: "failed", digests: [digest("Hi")] }],
    });
    expect(engine.state.message("m")).toMatchObject({
      status: "failed",
      error: { code: "producer_lost" },
    });
    expect(engine.state.message("other")?.status).toBe("streaming");
    expect(engine.dueAt).toBeUndefined();
    expect(engine.since(2)).toMatchObject({ from: 2, to: 4 }); // both are in the log
  });

  test("that comes back in time has lost nothing, and later goes on where it was", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"), added("n"));
    engine.detach("p", writer.token, 0);
    expect(engine.attach("p", { token: writer.token }).frame).toBeUndefined();
    expect(engine.dueAt).toBeUndefined();
    const again = new EngineWriter(engine, "p");
    again.append(completed("n", digest("")));
    engine.detach("p", again.token, 0);
    engine.lapse(LEASE);
    const { producing, frame: next } = engine.attach("p");
    expect(next?.changes).toEqual([{ type: "message_patch", id: "m", status: "streaming" }]);
    expect(producing.seq).toBe(2);
    expect(engine.state.message("m")?.status).toBe("streaming");
    expect(engine.lapse(LOST)).toBeUndefined();
  });

  test("goes on under its token where nobody has attached since", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    engine.detach("p", writer.token, 0);
    expect(engine.renew("p", writer.token)).toBeUndefined();
    engine.detach("p", writer.token, 0);
    engine.lapse(LEASE);
    expect(engine.renew("p", writer.token)).toMatchObject({ from: 2, to: 3 });
    writer.append(append("m", 0, "x"));
    engine.attach("p");
    expect(() => engine.renew("p", writer.token)).toThrow(error("fenced"));
    expect(() => engine.renew("unknown", 1)).toThrow(error("fenced"));
  });

  test("is not, while a later attachment is there", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"));
    engine.attach("p");
    engine.detach("p", writer.token, 0); // the old connection ends after the new one has begun
    expect(engine.dueAt).toBeUndefined();
  });

  test("that owns nothing is not waited for", () => {
    const { engine, writer } = startEngine();
    engine.detach("p", writer.token, 0);
    expect(engine.dueAt).toBeUndefined();
  });

  test("leaves a channel alone that has ended", () => {
    const { engine, writer } = startEngine();
    writer.append(added("m"), { type: "channel_closed" });
    engine.detach("p", writer.token, 0);
    expect(engine.lapse(LEASE)).toBeUndefined();
    expect(engine.lapse(LOST)).toBeUndefined();
    expect(engine.dueAt).toBeUndefined();
  });
});

test("one that the channel has forgotten meanwhile is still missed", () => {
  const { engine, writer } = startEngine();
  writer.append(added("m"));
  for (let i = 0; i < 1024; i++) engine.attach(`p${i}`);
  engine.detach("p", writer.token, 0);
  expect(engine.lapse(LEASE)?.changes).toMatchObject([{ id: "m", status: "interrupted" }]);
});

test("L40: those who own nothing any more are forgotten past the bound", () => {
  const engine = new ChannelEngine("c", "e", { lease: 1, lost: 2 });
  for (let i = 0; i < 1500; i++) {
    const writer = new EngineWriter(engine, `p${i}`);
    writer.append(added("m", "", { generation: i }));
    engine.detach(`p${i}`, writer.token, i);
  }
  expect(engine.dueAt).toBeGreaterThan(1000); // the first thousand are not looked at again
  expect(engine.lapse(5000)?.changes).toMatchObject([{ id: "m", status: "failed" }]);
});

test("times are the ones that were given, and a lease beyond the end is the end", () => {
  const leases = new Leases({ lease: 50, lost: 20 });
  leases.leave("p", 100);
  leases.leave("p", 110); // it was gone already
  expect(leases.dueAt).toBe(120);
  expect(leases.due(120)).toEqual({ interrupted: [], lost: ["p"] });
  leases.lapsed(leases.due(120));
  expect(leases.size).toBe(0);
});
