import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { type Asker, ChannelCommands, type Taker } from "../channel-commands.js";
import { FakeClock } from "../testing/fake-clock.js";
import { CommandDesk } from "./command-desk.js";
import { type CommandEffect, type CommandEntry, commandKey } from "./command-entry.js";

const command = (id: string, more: Partial<CommandFrame> = {}): CommandFrame => ({
  type: "command",
  channel: "c",
  id,
  name: "stop",
  ...more,
});

const result = (
  id: string,
  status: CommandResultFrame["status"] = "done",
  more: Partial<CommandResultFrame> = {},
): CommandResultFrame => ({ type: "command_result", channel: "c", id, status, ...more });

/** A desk whose messages have the owners that are stated, and effects in a line each. */
function open(owners: Record<string, string> = {}) {
  const desk = new CommandDesk("c");
  const tokens = new Map<string, number>();
  const apply = (entry: CommandEntry) => desk.apply(entry, (message) => owners[message]);
  const taking = (producer: string) => ({ producer, token: tokens.get(producer) ?? 0 });
  return {
    desk,
    owners,
    ask: (by: string | undefined, frame: CommandFrame, now: number) =>
      apply({ type: "asked", ...(by !== undefined && { by }), frame, now }),
    attach: (producer: string) => {
      tokens.set(producer, Math.max(0, ...tokens.values()) + 1);
      return apply({ type: "taking", ...taking(producer) });
    },
    detach: (producer: string, until: number) =>
      apply({ type: "away", ...taking(producer), until }),
    resolve: (producer: string, frame: CommandResultFrame) =>
      apply({ type: "answered", ...taking(producer), frame }),
    offer: () => desk.offer((message) => owners[message]),
    expire: (now: number) => apply({ type: "expired", now }),
  };
}

const said = (effects: readonly CommandEffect[]) =>
  effects.map((effect) => {
    if (effect.is === "deliver") {
      return `deliver ${effect.to.producer}: ${effect.frame.id} ${effect.frame.name}`;
    }
    const { id, status, error } = effect.frame;
    return `answer ${id}: ${error?.code ?? status}`;
  });

describe("an id", () => {
  test("is accepted, delivered, answered", () => {
    const { desk, ask, attach, resolve } = open();
    expect(attach("p")).toEqual([]);
    const asked = command("1", { value: 0, by: "somebody else" });
    const key = commandKey("anna", "1");
    expect(ask("anna", asked, 0)).toEqual([
      { is: "answer", key, frame: result("1", "accepted"), isEnd: false },
      { is: "deliver", to: { producer: "p", token: 1 }, frame: { ...asked, by: "anna" } },
    ]);
    const answer = result("1", "done", { value: { a: 1 }, by: "anna" });
    const { by: _, ...told } = answer;
    expect(resolve("p", answer)).toEqual([{ is: "answer", key, frame: told, isEnd: true }]);
    expect(desk.isIdle).toBe(true);
  });

  test("without a principal has nobody's name, whatever it states", () => {
    const { ask, attach } = open();
    attach("p");
    const [, delivered] = ask(undefined, command("1", { by: "root" }), 0);
    expect(delivered?.frame).toEqual(command("1"));
  });

  test("L22: is one command however often it is asked, and all who asked are told", () => {
    const desk = new CommandDesk("c");
    const told: string[] = [];
    const commands: ChannelCommands = new ChannelCommands("c", {
      clock: new FakeClock(),
      lease: 5,
      desk,
      isKeeper: true,
      now: () => 0,
      run: (entry) =>
        commands.carryOut(
          desk.apply(entry, () => undefined),
          true,
        ),
      onEnded: (code) => told.push(`ended ${code}`),
    });
    const asker = (name: string): Asker => ({
      onResult: ({ status }) => void told.push(`${name} ${status}`),
    });
    const [x, y, z] = [asker("x"), asker("y"), asker("z")];
    const taker: Taker = { token: 1, onCommand: ({ id }) => void told.push(`p gets ${id}`) };
    commands.attach("p", taker);
    for (const asker of [x, y, x]) commands.ask(asker, "anna", command("1"));
    expect(told.splice(0)).toEqual(["x accepted", "p gets 1", "y accepted", "x accepted"]);
    commands.resolve("p", taker, result("1", "done", { by: "anna" }));
    expect(told.splice(0)).toEqual(["ended undefined", "x done", "y done"]);
    commands.ask(z, "anna", command("1"));
    commands.resolve("p", taker, result("1", "failed", { by: "anna" }));
    expect(told).toEqual(["z done"]);
  });

  test("of another principal is another one", () => {
    const { ask, attach, resolve } = open();
    attach("p");
    ask("a", command("1"), 0);
    expect(said(ask("b", command("1"), 0))).toHaveLength(2);
    expect(said(ask(undefined, command("a1"), 0))).toHaveLength(2);
    expect(said(resolve("p", result("1", "done", { by: "b" })))).toEqual(["answer 1: done"]);
    expect(resolve("p", result("1"))).toEqual([]);
  });

  test("is answered once: by the producer that has it, or by its time", () => {
    const { ask, attach, resolve, expire } = open();
    attach("p");
    attach("q");
    ask(undefined, command("1"), 0);
    expect(resolve("p", result("1"))).toEqual([]); // q has it
    expect(resolve("q", result("1", "accepted"))).toEqual([]);
    expect(said(expire(30_000))).toEqual(["answer 1: timeout"]);
    expect(resolve("q", result("1"))).toEqual([]);
    expect(said(ask(undefined, command("1"), 30_001))).toEqual(["answer 1: timeout"]);
  });

  test("that is known already, and one too many, are no news", () => {
    const { desk, ask, attach, resolve } = open();
    const isNews = (id: string) =>
      desk.isNews({ type: "asked", by: "anna", frame: command(id), now: 0 });
    expect(isNews("1")).toBe(true);
    attach("p");
    ask("anna", command("1"), 0);
    expect([isNews("1"), isNews("2")]).toEqual([false, true]);
    resolve("p", result("1", "done", { by: "anna" }));
    expect(isNews("1")).toBe(false);
    for (let i = 0; i < 256; i++) ask("anna", command(`more ${i}`), 0);
    expect(isNews("2")).toBe(false);
  });
});

describe("who gets it", () => {
  test("the one that attached last, of those that take commands", () => {
    const { ask, attach } = open();
    attach("p");
    attach("q");
    expect(said(ask(undefined, command("1"), 0))).toContain("deliver q: 1 stop");
    attach("p");
    expect(said(ask(undefined, command("2"), 0))).toContain("deliver p: 2 stop");
  });

  test("L22: nobody so far: it waits, and those that wait come in order", () => {
    const { ask, attach } = open();
    for (const id of ["3", "1", "2"]) ask(undefined, command(id), 0);
    expect(said(attach("p"))).toEqual([
      "deliver p: 3 stop",
      "deliver p: 1 stop",
      "deliver p: 2 stop",
    ]);
  });

  test("the owner of the message, not whoever came last", () => {
    const { ask, attach } = open({ m: "p", n: "r" });
    attach("p");
    attach("q");
    const about = (id: string, message: string) =>
      said(ask(undefined, command(id, { message }), 0))[1];
    expect(about("1", "m")).toBe("deliver p: 1 stop");
    expect(about("2", "n")).toBe("deliver q: 2 stop"); // r takes none
  });

  test("an owner that is away is waited for, and nobody else waits with it", () => {
    const { ask, attach, detach } = open({ m: "p" });
    attach("q");
    attach("p");
    detach("p", 20);
    expect(said(ask(undefined, command("1", { message: "m" }), 0))).toHaveLength(1);
    expect(said(ask(undefined, command("2"), 0))).toContain("deliver q: 2 stop");
    expect(said(attach("p"))).toEqual(["deliver p: 1 stop"]);
  });

  test("a message that is not there is waited for", () => {
    const { owners, ask, attach, offer, expire } = open();
    attach("p");
    ask(undefined, command("1", { message: "m" }), 0);
    ask(undefined, command("2", { message: "n" }), 0);
    expect(offer()).toEqual([]);
    owners.m = "p";
    expect(said(offer())).toEqual(["deliver p: 1 stop"]);
    expect(offer()).toEqual([]);
    expect(said(expire(30_000))).toEqual(["answer 1: timeout", "answer 2: unknown_message"]);
  });

  test("a producer that comes back gets what it had not answered, again and in order", () => {
    const { ask, attach, detach, resolve, expire } = open();
    attach("p");
    for (const id of ["1", "2", "3"]) ask(undefined, command(id), 0);
    resolve("p", result("2"));
    detach("p", 20);
    attach("q"); // may not have what p may be carrying out
    ask(undefined, command("4"), 0);
    expect(said(attach("p"))).toEqual(["deliver p: 1 stop", "deliver p: 3 stop"]);
    expect(expire(20)).toEqual([]); // it is there
  });

  test("another one, once it is not waited for any more", () => {
    const { desk, ask, attach, detach, resolve, expire } = open({ m: "p" });
    attach("q");
    attach("p");
    ask(undefined, command("1"), 0);
    detach("p", 20);
    ask(undefined, command("2", { message: "m" }), 0);
    expect(desk.dueAt).toBe(20);
    expect(expire(19)).toEqual([]);
    expect(said(expire(20))).toEqual(["deliver q: 1 stop", "deliver q: 2 stop"]);
    expect(resolve("p", result("1"))).toEqual([]);
    expect(said(resolve("q", result("1")))).toEqual(["answer 1: done"]);
  });
});

describe("time", () => {
  test.each([
    [undefined, 30_000],
    [50, 50],
    [10_000_000, 600_000],
  ])("a timeout of %s is %i ms", (timeout, due) => {
    const { desk, ask, attach, expire } = open();
    attach("p");
    ask(undefined, command("1", timeout === undefined ? {} : { timeout }), 7);
    expect(desk.dueAt).toBe(7 + due);
    expect(expire(6 + due)).toEqual([]);
    expect(said(expire(7 + due))).toEqual(["answer 1: timeout"]);
    expect(desk.dueAt).toBeUndefined();
  });

  test("counts from the first time that it was asked, and each command has its own", () => {
    const { desk, ask, expire } = open();
    ask(undefined, command("1", { timeout: 100 }), 0);
    ask(undefined, command("2", { timeout: 50 }), 0);
    ask(undefined, command("2", { timeout: 50 }), 40);
    expect(desk.dueAt).toBe(50);
    expect(said(expire(60))).toEqual(["answer 2: timeout"]);
    expect(desk.dueAt).toBe(100);
  });

  test("says what was missing", () => {
    const { ask, attach, expire } = open();
    const why = () => expire(100).map(({ frame }) => "error" in frame && frame.error?.message);
    ask(undefined, command("1", { timeout: 0 }), 0);
    expect(why()).toEqual(["stop: no producer that takes commands of c came in time"]);
    attach("p");
    ask(undefined, command("2", { timeout: 0 }), 0);
    expect(why()).toEqual(["stop: producer p has the command and did not answer in time"]);
  });
});

describe("bounds", () => {
  test("L35: 256 wait; the next one is told so, and is not remembered", () => {
    const { ask, attach, resolve } = open();
    for (let i = 0; i < 256; i++) ask(undefined, command(`${i}`), 0);
    expect(said(ask(undefined, command("no"), 0))).toEqual(["answer no: overloaded"]);
    expect(said(ask(undefined, command("0"), 0))).toEqual(["answer 0: accepted"]);
    attach("p");
    resolve("p", result("0"));
    expect(said(ask(undefined, command("no"), 0))).toHaveLength(2);
  });

  test("L40: 1,024 results are remembered, and 1 MiB of them", () => {
    const { ask, attach, resolve } = open();
    attach("p");
    const answer = (id: string, value: string) => {
      ask(undefined, command(id), 0);
      resolve("p", result(id, "done", { value }));
    };
    const isKnown = (id: string) => said(ask(undefined, command(id), 0)).length === 1;
    for (let i = 0; i < 1025; i++) answer(`${i}`, "");
    expect(isKnown("1")).toBe(true);
    expect(isKnown("0")).toBe(false);
    for (let i = 0; i < 17; i++) answer(`big${i}`, "x".repeat(65_000));
    expect(isKnown("big16")).toBe(true);
    expect(isKnown("big0")).toBe(false);
    expect(isKnown("1024")).toBe(false);
  });
});

test("a producer whose server is gone is waited for, as if it had left", () => {
  const { desk, ask, attach, expire } = open();
  attach("q");
  attach("p");
  ask(undefined, command("1"), 0);
  expect(desk.left("p", 20, () => undefined)).toEqual([]);
  expect(desk.left("nobody", 20, () => undefined)).toEqual([]);
  expect(desk.snapshot()).toMatchObject({ takers: [{ producer: "q" }], away: [{ until: 20 }] });
  expect(said(expire(20))).toEqual(["deliver q: 1 stop"]);
});
