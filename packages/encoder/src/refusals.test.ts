import { type Change, DeltawireError, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { Link } from "./testing/link.js";

const code = (expected: string) => expect.objectContaining({ code: expected });
const start = () => new Link(SUBPROTOCOLS.msgpack);

/** A link whose message `m` the log has. */
function begun(): Link {
  const link = start();
  link.writer.write("m").append("Hello");
  link.settle();
  link.sent.length = 0;
  return link;
}

const about = (id: string) => (change: Change) => "id" in change && change.id === id;

describe("what the server refuses", () => {
  test("a gap: the writer attaches anew, and nothing is lost", async () => {
    const link = begun();
    link.log.seq = 0;
    const done = link.writer.write("m").append("!").complete();
    link.settle();
    await done;
    expect(link.log.state.message("m")).toMatchObject({ text: "Hello!", status: "completed" });
  });

  test("changes that do not apply: the message is stated whole, once, and goes on", () => {
    const link = begun();
    link.log.state = link.log.state.with({ messages: [] });
    const reply = link.writer.write("m").append("!");
    link.settle();
    expect(link.log.state.message("m")?.text).toBe("Hello!");
    expect(reply.ended).toBe(false);
    expect(link.asked).toHaveLength(2);
  });

  test("changes that do not apply, of who knows what: everything is stated whole", () => {
    const link = begun();
    link.writer.write("n").append("N");
    link.settle();
    link.log.state = link.log.state.with({ messages: [] });
    link.log.refuse = ({ type }) => {
      if (type === "message_patch") throw new DeltawireError("unknown_message", "somewhere");
      return undefined;
    };
    link.writer.write("m").append("!");
    link.settle();
    expect(link.log.state.messages.map(({ text }) => text)).toEqual(["Hello!", "N"]);
  });

  test("the same again: it is an error of its message, and others go on", async () => {
    const link = begun();
    link.log.refuse = (change) => {
      if (about("bad")(change))
        throw new DeltawireError("limit_exceeded", "no", { path: "/changes/0" });
      return undefined;
    };
    const bad = link.writer.write("bad").append("x");
    const completing = bad.complete();
    const good = link.writer.write("m").append("!");
    link.settle();
    await expect(completing).rejects.toThrow(code("limit_exceeded"));
    expect(bad.signal.aborted).toBe(true);
    expect(await bad.closed).toMatchObject({ reason: "lost" });
    expect(good.ended).toBe(false);
    expect(link.log.state.message("m")?.text).toBe("Hello!");
    expect(link.asked.length).toBeLessThan(5);
    expect(link.writer.state.message("bad")).toBeUndefined();
  });

  test("what names no message, twice: it is an error of the writer", async () => {
    const link = begun();
    link.log.refuse = ({ type }) => {
      if (type === "channel_patch") throw new DeltawireError("limit_exceeded", "no");
      return undefined;
    };
    link.writer.setAttributes({ a: 1 });
    const flushed = link.writer.flush();
    link.settle();
    await expect(flushed).rejects.toThrow(code("limit_exceeded"));
    expect(link.timers).toBe(0);
  });

  test("for now: it is asked again, later and later, and nothing is lost", async () => {
    const link = begun();
    let refused = 0;
    link.log.refuse = () => {
      refused += 1;
      throw new DeltawireError("overloaded", "later");
    };
    const done = link.writer.write("m").append("!").complete();
    link.settle();
    expect(refused).toBeGreaterThan(3);
    expect(refused).toBeLessThan(20);
    link.cut();
    expect(link.timers).toBe(0);
    link.log.refuse = () => undefined;
    link.settle();
    await done;
  });

  test.each(["fenced", "forbidden", "channel_closed"] as const)(
    "%s: all writing ends",
    async (stop) => {
      const link = begun();
      const reply = link.writer.write("m");
      const completing = reply.complete();
      link.writer.rejected(new DeltawireError(stop, "no"));
      await expect(completing).rejects.toThrow(code(stop));
      link.cut();
      link.connect();
      expect(link.asked).toHaveLength(1);
      expect(link.timers).toBe(0);
    },
  );
});

test("what was refused is learnt also where the acknowledgement is lost", async () => {
  const link = begun();
  link.log.refuse = (change) => (about("m")(change) ? "message_final" : undefined);
  const done = link.writer.write("m").append("!").complete();
  link.writer.write("n").append("n");
  link.wait(1000);
  link.deliverUp();
  link.cut();
  link.settle();
  await expect(done).rejects.toThrow(code("message_final"));
  // Once it is known it is not said again: the next of that name is another one.
  link.log.refuse = () => undefined;
  const again = link.writer.write("m", { reopen: true }).append("anew");
  link.settle();
  link.cut();
  link.settle();
  expect(again.ended).toBe(false);
});

describe("a message that the log has", () => {
  test("L25: and that is written anew after a restart becomes what is written now", () => {
    const link = begun();
    const next = start();
    Object.assign(next.log, { state: link.log.state, seq: link.log.seq });
    next.writer.write("m").append("Hello, again");
    next.settle();
    expect(next.sent.map(({ from, to }) => [from, to])).toEqual([[1, 2]]);
    expect(next.log.state.message("m")?.text).toBe("Hello, again");
  });

  test("that has ended there is refused, says how, and is reopened in the next generation", async () => {
    const link = begun();
    const done = link.writer.write("m").complete();
    link.settle();
    await done;
    const next = start();
    Object.assign(next.log, { state: link.log.state, seq: link.log.seq });
    const reply = next.writer.write("m").append("x");
    next.settle();
    expect(await reply.closed).toMatchObject({ reason: "lost", error: code("message_final") });
    expect(() => next.writer.write("m")).toThrow(/reopen: true/);
    next.writer.write("m", { reopen: true }).append("anew");
    next.settle();
    expect(next.log.state.message("m")).toMatchObject({ generation: 1, text: "anew" });
  });

  test("another producer's: the refusal ends it; written again, it is taken over, also after a loss", async () => {
    const link = begun();
    link.log.refuse = (change) =>
      about("m")(change) && change.type !== "message_added" ? "not_owner" : undefined;
    const reply = link.writer.write("m").append("!");
    link.settle();
    expect(await reply.closed).toMatchObject({ error: code("not_owner") });
    link.writer.write("n").append("n"); // more is on its way than what was refused
    link.cut();
    link.writer.write("m").append("mine");
    link.settle();
    expect(link.log.state.message("m")?.text).toBe("mine");
  });
});

test("of a later generation that is another's, it is taken over in that generation", async () => {
  const link = begun();
  const ends = link.writer.write("m").complete();
  link.settle();
  await ends;
  const reply = link.writer.write("m", { reopen: true });
  link.settle();
  link.log.refuse = ({ type }) => (type === "message_patch" ? "not_owner" : undefined);
  reply.append("x");
  link.settle();
  expect(reply.ended).toBe(true);
  link.log.refuse = () => undefined;
  link.writer.write("m").append("mine");
  link.settle();
  expect(link.log.state.message("m")).toMatchObject({ generation: 1, text: "mine" });
});

test("what a reader of the channel knows names the generation", () => {
  const link = new Link(SUBPROTOCOLS.json, undefined, () => 6);
  link.writer.write("m", { reopen: true });
  link.writer.write("n");
  expect(link.writer.state.messages.map(({ generation }) => generation)).toEqual([7, 6]);
});

test("a consumer's stop aborts the signal; the message may still be ended", async () => {
  const link = begun();
  const reply = link.writer.write("m");
  const other = link.writer.write("n");
  link.writer.stop("m");
  expect(reply.signal.reason).toMatchObject({ code: "closed" });
  expect(other.signal.aborted).toBe(false);
  const done = reply.append(" (stopped)").cancel();
  link.settle();
  await done;
  expect(link.log.state.message("m")).toMatchObject({
    status: "cancelled",
    text: "Hello (stopped)",
  });
});
