import {
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  LIMITS,
} from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import { CommandHandlers } from "./command-handlers.js";

const command = (id: string, more: Partial<CommandFrame> = {}): CommandFrame => ({
  type: "command",
  channel: "c",
  id,
  name: "stop",
  ...more,
});

function open() {
  const sent: CommandResultFrame[] = [];
  const handlers = new CommandHandlers("c", (result) => sent.push(result));
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  return { handlers, sent, settle };
}

const head = { type: "command_result", channel: "c" };

describe("a command", () => {
  test("is answered with what its handler returns, or resolves with, or nothing", async () => {
    const { handlers, sent, settle } = open();
    handlers.on("now", (value) => ({ got: value ?? "nothing" }));
    handlers.on("later", async () => 0);
    handlers.on("never mind", () => undefined);
    handlers.receive(command("1", { name: "now", value: "" }));
    handlers.receive(command("2", { name: "later", by: "anna" }));
    handlers.receive(command("3", { name: "never mind" }));
    await settle();
    expect(sent).toHaveLength(3);
    expect(sent).toContainEqual({ ...head, id: "1", status: "done", value: { got: "" } });
    expect(sent).toContainEqual({ ...head, id: "2", status: "done", value: 0, by: "anna" });
    expect(sent).toContainEqual({ ...head, id: "3", status: "done" });
  });

  test("tells its handler what it is about, and nothing that is absent", async () => {
    const { handlers } = open();
    const handler = vi.fn();
    handlers.on("stop", handler);
    handlers.receive(command("1", { message: "m", by: "anna", timeout: 5 }));
    handlers.receive(command("2"));
    expect(handler.mock.calls).toEqual([
      [undefined, { id: "1", name: "stop", message: "m", by: "anna" }],
      [undefined, { id: "2", name: "stop" }],
    ]);
  });

  test("is begun at once and in order, whatever the ones before it wait for", async () => {
    const { handlers, sent, settle } = open();
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    handlers.on("stop", (_value, { id }) => {
      begun.push(id);
      return new Promise<void>((resolve) => ends.set(id, resolve));
    });
    for (const id of ["1", "2", "3"]) handlers.receive(command(id));
    expect(begun).toEqual(["1", "2", "3"]);
    ends.get("2")?.();
    await settle();
    expect(sent.map(({ id }) => id)).toEqual(["2"]);
  });

  test("L22: that comes again is carried out once: it waits for the answer, then repeats it", async () => {
    const { handlers, sent, settle } = open();
    const handler = vi.fn(async () => "answer");
    handlers.on("stop", handler);
    handlers.receive(command("1"));
    handlers.receive(command("1"));
    expect(sent).toEqual([]);
    await settle();
    expect(sent).toHaveLength(1);
    handlers.receive(command("1"));
    expect(sent).toEqual(Array(2).fill({ ...head, id: "1", status: "done", value: "answer" }));
    expect(handler).toHaveBeenCalledOnce();
  });

  test("of somebody else is another one, whatever its id", async () => {
    const { handlers, sent, settle } = open();
    const handler = vi.fn((_value, { by }) => by);
    handlers.on("stop", handler);
    handlers.receive(command("1"));
    handlers.receive(command("1", { by: "a" }));
    handlers.receive(command("a1")); // not to be mistaken for the one before
    await settle();
    expect(handler).toHaveBeenCalledTimes(3);
    expect(sent.map(({ by }) => by)).toEqual([undefined, "a", undefined]);
  });

  test.each<[string, () => unknown, object]>([
    [
      "an error",
      () => {
        throw new Error("out of cheese");
      },
      { code: "internal", message: "out of cheese" },
    ],
    ["a rejection", () => Promise.reject(new Error("no")), { code: "internal", message: "no" }],
    [
      "anything",
      () => {
        throw 7;
      },
      { code: "internal", message: "7" },
    ],
    [
      "a typed error",
      () => {
        throw new DeltawireError("forbidden", "not you");
      },
      { code: "forbidden", message: "not you" },
    ],
    [
      "what is no JSON",
      () => ({ at: new Date(0) }),
      expect.objectContaining({ code: "malformed" }),
    ],
    [
      "too much",
      () => "x".repeat(LIMITS.max_command_size + 1),
      expect.objectContaining({ code: "limit_exceeded" }),
    ],
  ])("whose handler throws or returns %s has failed", async (_what, handler, error) => {
    const { handlers, sent, settle } = open();
    handlers.on("stop", handler);
    handlers.receive(command("1"));
    await settle();
    expect(sent).toEqual([{ ...head, id: "1", status: "failed", error }]);
  });

  test("fails with a message that the wire takes, however long it is", async () => {
    const { handlers, sent, settle } = open();
    handlers.on("stop", () => {
      throw new Error("😀".repeat(LIMITS.max_note_length)); // cut inside a pair, but for the one before
    });
    handlers.on("odd", () => {
      throw new Error(`x${"😀".repeat(LIMITS.max_note_length)}`);
    });
    handlers.receive(command("1"));
    handlers.receive(command("2", { name: "odd" }));
    await settle();
    for (const { error } of sent) {
      expect(error?.message).toHaveLength(LIMITS.max_note_length);
      expect(error?.message?.isWellFormed()).toBe(true);
    }
    expect(sent).toHaveLength(2);
  });

  test("that nothing handles, or nothing any more, is unknown", async () => {
    const { handlers, sent, settle } = open();
    const stop = handlers.on("stop", () => "first");
    handlers.on("stop", () => "second");
    stop(); // is not what is there
    handlers.receive(command("1"));
    const stopGo = handlers.on("go", () => 1);
    stopGo();
    handlers.receive(command("2", { name: "go" }));
    await settle();
    expect(sent).toContainEqual({ ...head, id: "1", status: "done", value: "second" });
    const error = expect.objectContaining({ code: "unknown_command" });
    expect(sent).toContainEqual({ ...head, id: "2", status: "failed", error });
  });
});

describe("bounds", () => {
  test("results are remembered up to a number, the latest ones", async () => {
    const { handlers, settle } = open();
    const handler = vi.fn();
    handlers.on("stop", handler);
    for (let i = 0; i <= 1024; i++) {
      handlers.receive(command(`${i}`));
      if (i % 512 === 0) await settle();
    }
    await settle();
    handler.mockClear();
    handlers.receive(command("1"));
    expect(handler).not.toHaveBeenCalled();
    handlers.receive(command("0"));
    expect(handler).toHaveBeenCalledOnce();
  });

  test("and up to a size", async () => {
    const { handlers, settle } = open();
    const handler = vi.fn(() => "x".repeat(60_000));
    handlers.on("stop", handler);
    for (let i = 0; i < 18; i++) {
      handlers.receive(command(`${i}`));
      await settle();
    }
    handler.mockClear();
    handlers.receive(command("17"));
    expect(handler).not.toHaveBeenCalled();
    handlers.receive(command("0"));
    expect(handler).toHaveBeenCalledOnce();
  });

  test("so many at once; what is more is refused, and may come again", async () => {
    const { handlers, sent, settle } = open();
    const ends: (() => void)[] = [];
    handlers.on("stop", () => new Promise<void>((resolve) => ends.push(resolve)));
    for (let i = 0; i <= 1024; i++) handlers.receive(command(`${i}`));
    expect(ends).toHaveLength(1024);
    const error = expect.objectContaining({ code: "overloaded" });
    expect(sent).toEqual([{ ...head, id: "1024", status: "failed", error }]);
    for (const end of ends) end();
    await settle();
    handlers.receive(command("1024"));
    expect(ends).toHaveLength(1025);
  });
});
