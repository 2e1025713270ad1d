import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import { CommandDesk, type CommandEffect } from "./command-desk.js";

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
  const desk = new CommandDesk<string>("c", (message) => owners[message]);
  const said = (effects: readonly CommandEffect<string>[]) =>
    effects.map(({ is, to, frame }) => {
      const what = frame.type === "command" ? frame.name : (frame.error?.code ?? frame.status);
      return `${is} ${to}: ${frame.id} ${what}`;
    });
  return { desk, owners, said };
}

describe("an id", () => {
  test("is accepted, delivered, answered", () => {
    const { desk } = open();
    expect(desk.attach("p")).toEqual([]);
    const asked = command("1", { value: 0, by: "somebody else" });
    expect(desk.ask("x", "anna", asked, 0)).toEqual([
      { is: "answer", to: "x", frame: result("1", "accepted") },
      { is: "deliver", to: "p", frame: { ...asked, by: "anna" } },
    ]);
    const answer = result("1", "done", { value: { a: 1 }, by: "anna" });
    const { by: _, ...told } = answer;
    expect(desk.resolve("p", answer)).toEqual([{ is: "answer", to: "x", frame: told }]);
    expect(desk.isIdle).toBe(true);
  });

  test("without a principal has nobody's name, whatever it states", () => {
    const { desk } = open();
    desk.attach("p");
    const [, delivered] = desk.ask("x", undefined, command("1", { by: "root" }), 0);
    expect(delivered?.frame).toEqual(command("1"));
  });

  test("L22: is one command however often it is asked, and all who asked are told", () => {
    const { desk, said } = open();
    desk.attach("p");
    desk.ask("x", "anna", command("1"), 0);
    expect(said(desk.ask("y", "anna", command("1"), 1))).toEqual(["answer y: 1 accepted"]);
    expect(said(desk.ask("x", "anna", command("1"), 1))).toEqual(["answer x: 1 accepted"]);
    const done = result("1", "done", { by: "anna" });
    expect(said(desk.resolve("p", done))).toEqual(["answer x: 1 done", "answer y: 1 done"]);
    expect(said(desk.ask("z", "anna", command("1"), 2))).toEqual(["answer z: 1 done"]);
    expect(desk.resolve("p", done)).toEqual([]);
  });

  test("of another principal is another one", () => {
    const { desk, said } = open();
    desk.attach("p");
    desk.ask("x", "a", command("1"), 0);
    expect(said(desk.ask("y", "b", command("1"), 0))).toHaveLength(2);
    expect(said(desk.ask("z", undefined, command("a1"), 0))).toHaveLength(2);
    expect(said(desk.resolve("p", result("1", "done", { by: "b" })))).toEqual(["answer y: 1 done"]);
    expect(desk.resolve("p", result("1"))).toEqual([]);
  });

  test("is answered once: by the producer that has it, or by its time", () => {
    const { desk, said } = open();
    desk.attach("p");
    desk.attach("q");
    desk.ask("x", undefined, command("1"), 0);
    expect(desk.resolve("p", result("1"))).toEqual([]); // q has it
    expect(desk.resolve("q", result("1", "accepted"))).toEqual([]);
    expect(said(desk.expire(30_000))).toEqual(["answer x: 1 timeout"]);
    expect(desk.resolve("q", result("1"))).toEqual([]);
    expect(said(desk.ask("x", undefined, command("1"), 30_001))).toEqual(["answer x: 1 timeout"]);
  });

  test("of one who is gone goes on", () => {
    const { desk, said } = open();
    desk.ask("x", undefined, command("1"), 0);
    desk.forget("x");
    expect(said(desk.attach("p"))).toEqual(["deliver p: 1 stop"]);
    expect(desk.resolve("p", result("1"))).toEqual([]);
    expect(said(desk.ask("y", undefined, command("1"), 1))).toEqual(["answer y: 1 done"]);
  });
});

describe("who gets it", () => {
  test("the one that attached last, of those that take commands", () => {
    const { desk, said } = open();
    desk.attach("p");
    desk.attach("q");
    expect(said(desk.ask("x", undefined, command("1"), 0))).toContain("deliver q: 1 stop");
    desk.attach("p");
    expect(said(desk.ask("x", undefined, command("2"), 0))).toContain("deliver p: 2 stop");
  });

  test("L22: nobody so far: it waits, and those that wait come in order", () => {
    const { desk, said } = open();
    for (const id of ["3", "1", "2"]) desk.ask("x", undefined, command(id), 0);
    expect(said(desk.attach("p"))).toEqual([
      "deliver p: 3 stop",
      "deliver p: 1 stop",
      "deliver p: 2 stop",
    ]);
  });

  test("the owner of the message, not whoever came last", () => {
    const { desk, said } = open({ m: "p", n: "r" });
    desk.attach("p");
    desk.attach("q");
    const about = (id: string, message: string) =>
      said(desk.ask("x", undefined, command(id, { message }), 0))[1];
    expect(about("1", "m")).toBe("deliver p: 1 stop");
    expect(about("2", "n")).toBe("deliver q: 2 stop"); // r takes none
  });

  test("an owner that is away is waited for, and nobody else waits with it", () => {
    const { desk, said } = open({ m: "p" });
    desk.attach("q");
    desk.attach("p");
    desk.detach("p", 20);
    expect(said(desk.ask("x", undefined, command("1", { message: "m" }), 0))).toHaveLength(1);
    expect(said(desk.ask("x", undefined, command("2"), 0))).toContain("deliver q: 2 stop");
    expect(said(desk.attach("p"))).toEqual(["deliver p: 1 stop"]);
  });

  test("a message that is not there is waited for", () => {
    const { desk, said, owners } = open();
    desk.attach("p");
    desk.ask("x", undefined, command("1", { message: "m" }), 0);
    desk.ask("x", undefined, command("2", { message: "n" }), 0);
    expect(desk.offer()).toEqual([]);
    owners.m = "p";
    expect(said(desk.offer())).toEqual(["deliver p: 1 stop"]);
    expect(desk.offer()).toEqual([]);
    expect(said(desk.expire(30_000))).toEqual([
      "answer x: 1 timeout",
      "answer x: 2 unknown_message",
    ]);
  });

  test("a producer that comes back gets what it had not answered, again and in order", () => {
    const { desk, said } = open();
    desk.attach("p");
    for (const id of ["1", "2", "3"]) desk.ask("x", undefined, command(id), 0);
    desk.resolve("p", result("2"));
    desk.detach("p", 20);
    desk.attach("q"); // may not have what p may be carrying out
    desk.ask("x", undefined, command("4"), 0);
    expect(said(desk.attach("p"))).toEqual(["deliver p: 1 stop", "deliver p: 3 stop"]);
    expect(desk.expire(20)).toEqual([]); // it is there
  });

  test("another one, once it is not waited for any more", () => {
    const { desk, said } = open({ m: "p" });
    desk.attach("q");
    desk.attach("p");
    desk.ask("x", undefined, command("1"), 0);
    desk.detach("p", 20);
    desk.ask("x", undefined, command("2", { message: "m" }), 0);
    expect(desk.dueAt).toBe(20);
    expect(desk.expire(19)).toEqual([]);
    expect(said(desk.expire(20))).toEqual(["deliver q: 1 stop", "deliver q: 2 stop"]);
    expect(desk.resolve("p", result("1"))).toEqual([]);
    expect(said(desk.resolve("q", result("1")))).toEqual(["answer x: 1 done"]);
  });
});

describe("time", () => {
  test.each([
    [undefined, 30_000],
    [50, 50],
    [10_000_000, 600_000],
  ])("a timeout of %s is %i ms", (timeout, due) => {
    const { desk, said } = open();
    desk.attach("p");
    desk.ask("x", undefined, command("1", timeout === undefined ? {} : { timeout }), 7);
    expect(desk.dueAt).toBe(7 + due);
    expect(desk.expire(6 + due)).toEqual([]);
    expect(said(desk.expire(7 + due))).toEqual(["answer x: 1 timeout"]);
    expect(desk.dueAt).toBeUndefined();
  });

  test("counts from the first time that it was asked, and each command has its own", () => {
    const { desk, said } = open();
    desk.ask("x", undefined, command("1", { timeout: 100 }), 0);
    desk.ask("x", undefined, command("2", { timeout: 50 }), 0);
    desk.ask("x", undefined, command("2", { timeout: 50 }), 40);
    expect(desk.dueAt).toBe(50);
    expect(said(desk.expire(60))).toEqual(["answer x: 2 timeout"]);
    expect(desk.dueAt).toBe(100);
  });

  test("says what was missing", () => {
    const { desk } = open();
    const why = () => desk.expire(100).map(({ frame }) => "error" in frame && frame.error?.message);
    desk.ask("x", undefined, command("1", { timeout: 0 }), 0);
    expect(why()).toEqual(["stop: no producer that takes commands of c came in time"]);
    desk.attach("p");
    desk.ask("x", undefined, command("2", { timeout: 0 }), 0);
    expect(why()).toEqual(["stop: producer p has the command and did not answer in time"]);
  });
});

describe("bounds", () => {
  test("L35: 256 wait; the next one is told so, and is not remembered", () => {
    const { desk, said } = open();
    for (let i = 0; i < 256; i++) desk.ask("x", undefined, command(`${i}`), 0);
    expect(said(desk.ask("x", undefined, command("no"), 0))).toEqual(["answer x: no overloaded"]);
    expect(said(desk.ask("x", undefined, command("0"), 0))).toEqual(["answer x: 0 accepted"]);
    desk.attach("p");
    desk.resolve("p", result("0"));
    expect(said(desk.ask("x", undefined, command("no"), 0))).toHaveLength(2);
  });

  test("L40: 1,024 results are remembered, and 1 MiB of them", () => {
    const { desk, said } = open();
    desk.attach("p");
    const answer = (id: string, value: string) => {
      desk.ask("x", undefined, command(id), 0);
      desk.resolve("p", result(id, "done", { value }));
    };
    const isKnown = (id: string) => said(desk.ask("x", undefined, command(id), 0)).length === 1;
    for (let i = 0; i < 1025; i++) answer(`${i}`, "");
    expect(isKnown("1")).toBe(true);
    expect(isKnown("0")).toBe(false);
    for (let i = 0; i < 17; i++) answer(`big${i}`, "x".repeat(65_000));
    expect(isKnown("big16")).toBe(true);
    expect(isKnown("big0")).toBe(false);
    expect(isKnown("1024")).toBe(false);
  });
});
