import {
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  LIMITS,
} from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CommandCalls } from "./command-calls.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function open() {
  const sent: CommandFrame[] = [];
  let ids = 0;
  const calls = new CommandCalls("c", {
    send: (frame) => sent.push(frame),
    clock: {
      now: () => Date.now(),
      after(delay, run) {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    },
    randomId: () => `r${++ids}`,
  });
  const take = () => sent.splice(0);
  return { calls, take };
}

const result = (id: string, more: Partial<CommandResultFrame> = {}): CommandResultFrame => ({
  type: "command_result",
  channel: "c",
  id,
  status: "done",
  ...more,
});
const code = (code: string) => expect.objectContaining({ code });

describe("a command", () => {
  test("is sent with what was stated, and resolves with the answer", async () => {
    const { calls, take } = open();
    const asked = calls.ask("prompt", { text: "" }, { timeout: 5, message: "m" });
    const head = { type: "command", channel: "c" };
    const frame = {
      ...head,
      id: "r1",
      name: "prompt",
      value: { text: "" },
      message: "m",
      timeout: 5,
    };
    expect(take()).toEqual([frame]);
    calls.receive(result("r1", { status: "accepted" }));
    calls.receive(result("r1", { value: 0 }));
    expect(await asked).toBe(0);
    const plain = calls.ask("stop");
    expect(take()).toEqual([{ ...head, id: "r2", name: "stop" }]);
    calls.receive(result("r2"));
    expect(await plain).toBeUndefined();
  });

  test.each([
    [{ code: "timeout", message: "too late" }, "timeout", "too late"],
    [{ code: "forbidden" }, "forbidden", "the command failed"],
    [{ code: "out_of_cheese", message: "sorry" }, "internal", "out_of_cheese: sorry"],
    [undefined, "internal", "the command failed"],
  ])("rejects with the error that is stated: %j", async (error, expected, message) => {
    const { calls } = open();
    const asked = calls.ask("stop");
    calls.receive(result("r1", { status: "failed", ...(error && { error }) }));
    await expect(asked).rejects.toBeInstanceOf(DeltawireError);
    await expect(asked).rejects.toMatchObject({ code: expected, message, channel: "c" });
  });

  test("of an id is one, however often it is asked while it waits", async () => {
    const { calls, take } = open();
    const asked = [calls.ask("stop", 1, { id: "x" }), calls.ask("stop", 1, { id: "x" })];
    expect(take()).toHaveLength(1);
    calls.receive(result("x", { value: "yes" }));
    expect(await Promise.all(asked)).toEqual(["yes", "yes"]);
    calls.receive(result("x", { value: "again" })); // a second result is ignored
  });

  test("without an answer is sent again, in order; one with an answer is not", async () => {
    const { calls, take } = open();
    const asked = ["a", "b", "c"].map((id) => calls.ask("stop", id, { id }));
    const frames = take();
    calls.receive(result("a", { status: "accepted" }));
    calls.receive(result("b"));
    calls.resend();
    expect(take()).toEqual([frames[0], frames[2]]);
    for (const id of ["a", "c"]) calls.receive(result(id));
    await Promise.all(asked);
    calls.resend();
    expect(take()).toEqual([]);
  });

  test("is sent again as it was, whatever became of its value, and well-formed", async () => {
    const { calls, take } = open();
    const value = { text: "a\ud800" };
    const asked = calls.ask("prompt", value);
    value.text = "b";
    calls.resend();
    expect(take().map((frame) => frame.value)).toEqual(Array(2).fill({ text: "a\ufffd" }));
    calls.receive(result("r1"));
    await asked;
  });

  test.each([
    [{}, 30_000],
    [{ timeout: 50 }, 50],
  ])("waits so long and a little longer: %j", async (options, timeout) => {
    const { calls } = open();
    const asked = calls.ask("stop", undefined, options);
    const settled = vi.fn();
    asked.catch(settled);
    await vi.advanceTimersByTimeAsync(timeout + 999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await expect(asked).rejects.toMatchObject({ code: "timeout" });
    await expect(asked).rejects.toThrow(`no answer of c within ${timeout} ms`);
    calls.receive(result("r1")); // too late
  });

  test("is not waited for after its signal, with the signal's reason", async () => {
    const { calls, take } = open();
    const abort = new AbortController();
    const asked = calls.ask("stop", undefined, { signal: abort.signal });
    abort.abort("enough");
    await expect(asked).rejects.toBe("enough");
    take();
    await expect(calls.ask("stop", 1, { signal: abort.signal })).rejects.toBe("enough");
    expect(take()).toEqual([]);
  });

  test.each<[string, unknown, object, string]>([
    ["", undefined, {}, "malformed"],
    ["stop", "x".repeat(LIMITS.max_command_size + 1), {}, "limit_exceeded"],
    ["stop", new Date(0), {}, "malformed"],
    ["stop", JSON.parse('{ "__proto__": 1 }'), {}, "forbidden_key"],
    ["stop", undefined, { id: "" }, "malformed"],
    ["stop", undefined, { timeout: 0 }, "malformed"],
    ["stop", undefined, { timeout: 1.5 }, "malformed"],
    ["stop", undefined, { timeout: 600_001 }, "malformed"],
    ["stop", undefined, { timeout: Number.NaN }, "malformed"],
  ])(
    "that the wire does not take is rejected, and not sent: %j %j %j",
    async (name, value, options, expected) => {
      const { calls, take } = open();
      await expect(calls.ask(name, value as never, options)).rejects.toEqual(code(expected));
      expect(take()).toEqual([]);
    },
  );
});

test("L35: 256 wait, the next one is told; there is room again after an answer", async () => {
  const { calls, take } = open();
  const asked = Array.from({ length: 256 }, (_, i) => calls.ask("stop", i));
  await expect(calls.ask("stop")).rejects.toEqual(code("overloaded"));
  expect(take()).toHaveLength(256);
  calls.receive(result("r1"));
  asked.push(calls.ask("stop"));
  calls.end(new DeltawireError("closed", "closed here"));
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.map(({ status }) => status)).toEqual([
    "fulfilled",
    ...Array(256).fill("rejected"),
  ]);
  await expect(calls.ask("stop")).rejects.toEqual(code("closed"));
});
