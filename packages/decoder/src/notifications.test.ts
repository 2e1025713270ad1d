import { describe, expect, it, vi } from "vitest";
import { changes } from "./testing/frames.js";
import { setUp } from "./testing/reading.js";

describe("notifications", () => {
  it("come together, once the host runs them", () => {
    const { reader, host, start, append, flush } = setUp();
    const texts: (string | undefined)[] = [];
    reader.subscribe(() => texts.push(reader.state.message("m")?.text));
    start();
    host.notify.mockClear();
    for (const text of [" wo", "rl", "d"]) append(text);
    expect(texts).toEqual(["hello"]);
    expect(host.notify).toHaveBeenCalledTimes(1);
    flush();
    expect(texts).toEqual(["hello", "hello world"]);
    append("!");
    expect(host.notify).toHaveBeenCalledTimes(2);
    flush();
    expect(texts.at(-1)).toBe("hello world!");
  });

  it("are not asked for where nothing changed or nobody listens", () => {
    const { reader, host, start } = setUp();
    start();
    expect(host.notify).not.toHaveBeenCalled();
    reader.subscribe(vi.fn());
    reader.receive(changes(4, 5));
    expect(host.notify).not.toHaveBeenCalled();
  });

  it("do not reach a listener that another one has removed", () => {
    const { reader, start, append, flush } = setUp();
    const calls: string[] = [];
    reader.subscribe(() => {
      calls.push("first");
      stopSecond();
    });
    const stopSecond = reader.subscribe(() => calls.push("second"));
    const stopThird = reader.subscribe(() => {
      calls.push("third");
      stopThird();
    });
    reader.subscribe(() => calls.push("fourth"));
    start();
    expect(calls).toEqual(["first", "third", "fourth"]);
    append("!");
    flush();
    expect(calls.slice(3)).toEqual(["first", "fourth"]);
  });

  it("reach who subscribes during one with the next", () => {
    const { reader, start, append, flush } = setUp();
    const late = vi.fn();
    const stop = reader.subscribe(() => {
      reader.subscribe(late);
      stop();
    });
    start();
    expect(late).not.toHaveBeenCalled();
    append("!");
    flush();
    expect(late).toHaveBeenCalledTimes(1);
  });

  it("go on where a change comes during one", () => {
    const { reader, host, start, append, flush } = setUp();
    const texts: (string | undefined)[] = [];
    reader.subscribe(() => {
      texts.push(reader.state.message("m")?.text);
      if (texts.length === 1) append("!");
    });
    start();
    expect(host.notify).toHaveBeenCalledTimes(2);
    flush();
    expect(texts).toEqual(["hello", "hello!"]);
  });

  it("reach every listener though some throw; the first error is thrown on", () => {
    const { reader, flush, append, start } = setUp();
    start();
    const first = new Error("first");
    const calls: string[] = [];
    reader.subscribe(() => {
      throw first;
    });
    reader.subscribe(() => calls.push("a"));
    reader.subscribe(() => {
      throw new Error("second");
    });
    reader.subscribe(() => calls.push("b"));
    append("!");
    expect(flush).toThrow(first);
    expect(calls).toEqual(["a", "b"]);
    append("?");
    expect(flush).toThrow(first);
    expect(calls).toEqual(["a", "b", "a", "b"]);
  });

  it.each([[undefined], [null]])("throw on what is no error too: %s", (thrown) => {
    const { reader, flush, append, start } = setUp();
    start();
    const after = vi.fn();
    reader.subscribe(() => {
      throw thrown;
    });
    reader.subscribe(after);
    append("!");
    const caught = vi.fn();
    try {
      flush();
    } catch (error) {
      caught(error);
    }
    expect(caught.mock.calls).toEqual([[thrown]]);
    expect(after).toHaveBeenCalledTimes(1);
  });
});
