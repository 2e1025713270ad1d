import { apply, type ChannelState, Composition } from "@deltawire/protocol";
import { type Change, DeltawireError } from "@deltawire/spec";
import { describe, expect, it, vi } from "vitest";
import { ChangeFeed, type ChannelEvent } from "./change-feed.js";
import { begin, changes, complete, plain, splice, stateOf } from "./testing/frames.js";

/** A channel whose changes go to feeds. */
class Source {
  state: ChannelState;
  readonly feeds: ChangeFeed[] = [];
  readonly returned = vi.fn<(feed: ChangeFeed) => void>();

  constructor(state: ChannelState = stateOf(1, begin("m", "hello"))) {
    this.state = state;
  }

  feed(): ChangeFeed {
    const feed = new ChangeFeed(this.returned, () => Composition);
    feed.reset(this.state, "initial");
    this.feeds.push(feed);
    return feed;
  }

  push(...list: Change[]): void {
    const { seq } = this.state;
    this.state = apply(this.state, changes(seq, seq + 1, ...list));
    for (const feed of this.feeds) feed.push(list, this.state);
  }

  append(text: string): void {
    this.push(splice("m", this.state.message("m")?.text.length ?? 0, 0, text));
  }
}

async function next(feed: ChangeFeed): Promise<ChannelEvent> {
  const { value } = await feed.next();
  return value ?? expect.fail("the feed has ended");
}

/** The state of a reader that patches its own. */
function follow(view: ChannelState | undefined, event: ChannelEvent): ChannelState {
  if (event.type === "reset") return event.state;
  if (!view) return expect.fail("changes before a reset");
  return apply(view, changes(view.seq, event.state.seq, ...event.changes));
}

/** Whether a promise is settled once everything that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = vi.fn();
  promise.then(settled, settled);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return settled.mock.calls.length > 0;
}

const lost = new DeltawireError("connection_lost", "gone");

describe("a feed", () => {
  it("begins with a reset to the present state, then gives changes", async () => {
    const source = new Source();
    const feed = source.feed();
    expect(await next(feed)).toEqual({ type: "reset", reason: "initial", state: source.state });
    const waiting = next(feed);
    expect(await isSettled(waiting)).toBe(false);
    source.append("!");
    const list = [splice("m", 5, 0, "!")];
    expect(await waiting).toEqual({ type: "changes", changes: list, state: source.state });
  });

  it("begins with a reset even where changes came before the first read", async () => {
    const source = new Source();
    const feed = source.feed();
    source.append("!");
    expect(await next(feed)).toEqual({ type: "reset", reason: "initial", state: source.state });
    expect(await isSettled(feed.next())).toBe(false);
  });

  it("waits for the first state where there is none", async () => {
    const feed = new ChangeFeed(vi.fn(), () => Composition);
    const first = next(feed);
    expect(await isSettled(first)).toBe(false);
    const state = stateOf(3, begin("m"));
    feed.reset(state, "initial");
    expect(await first).toEqual({ type: "reset", reason: "initial", state });
  });

  it("returns, and throws, where what adds changes up cannot be had", async () => {
    const returned = vi.fn();
    const feed = new ChangeFeed(returned, () => Promise.reject(new Error("offline")));
    await expect(feed.next()).rejects.toThrow("offline");
    expect(returned).toHaveBeenCalledExactlyOnceWith(feed);
  });

  it("gives a slow reader composed changes", async () => {
    const source = new Source();
    const feed = source.feed();
    const view = follow(undefined, await next(feed));
    for (const text of [" w", "o", "rld"]) source.append(text);
    const event = await next(feed);
    expect(event).toMatchObject({ changes: [splice("m", 5, 0, " world")] });
    expect(plain(follow(view, event))).toEqual(plain(source.state));
  });

  it("gives a reset where the state was replaced, whatever waited", async () => {
    const source = new Source();
    const feed = source.feed();
    await next(feed);
    source.append("!");
    const state = stateOf(9, begin("n"));
    feed.reset(state, "history_lost");
    feed.reset(state, "snapshot");
    expect(await next(feed)).toEqual({ type: "reset", reason: "history_lost", state });
  });

  it("gives a reset once more waits than the state is large, and changes after it", async () => {
    const source = new Source();
    const feed = source.feed();
    await next(feed);
    const filler = "x".repeat(40_000);
    for (let i = 0; i < 3; i++) {
      source.push(splice("m", 0, source.state.message("m")?.text.length ?? 0, filler + i));
    }
    expect(await next(feed)).toEqual({ type: "reset", reason: "snapshot", state: source.state });
    source.append("!");
    expect((await next(feed)).type).toBe("changes");
  });

  it("does not reset a reader who is behind by less than the state", async () => {
    const source = new Source(stateOf(1, begin("m", "x".repeat(200_000))));
    const feed = source.feed();
    const view = follow(undefined, await next(feed));
    for (let i = 0; i < 3; i++) source.append("y".repeat(30_000));
    const event = await next(feed);
    expect(event.type).toBe("changes");
    expect(plain(follow(view, event))).toEqual(plain(source.state));
  });
});

describe("a feed of a window", () => {
  const window = stateOf(1, begin("m", "hello")).with({ earlier: 2 });
  const again = (source: Source, id: string) => {
    source.push(complete(id, source.state));
    source.push(begin(id, "again", 1));
  };

  it("gives a reset where what has come since has begun again: it may be before the window", async () => {
    const source = new Source(window);
    const feed = source.feed();
    await next(feed);
    source.push(begin("n", "new"));
    again(source, "n");
    expect(await next(feed)).toEqual({ type: "reset", reason: "snapshot", state: source.state });
  });

  it("gives changes where what begins again is in it", async () => {
    const source = new Source(window);
    const feed = source.feed();
    const view = follow(undefined, await next(feed));
    again(source, "m");
    const event = await next(feed);
    expect(event).toMatchObject({ type: "changes", changes: [begin("m", "again", 1)] });
    expect(plain(follow(view, event))).toEqual(plain(source.state));
  });

  it("gives changes where nothing is before the first message", async () => {
    const source = new Source();
    const feed = source.feed();
    const view = follow(undefined, await next(feed));
    source.push(begin("n", "new"));
    again(source, "n");
    const event = await next(feed);
    expect(event).toMatchObject({ type: "changes", changes: [begin("n", "again", 1)] });
    expect(plain(follow(view, event))).toEqual(plain(source.state));
  });
});

describe("several feeds", () => {
  it("each go at their own pace", async () => {
    const source = new Source();
    const [fast, slow] = [source.feed(), source.feed()];
    let [a, b] = [follow(undefined, await next(fast)), follow(undefined, await next(slow))];
    for (const text of ["a", "b", "c"]) {
      source.append(text);
      a = follow(a, await next(fast));
      expect(plain(a)).toEqual(plain(source.state));
    }
    const event = await next(slow);
    expect(event).toMatchObject({ changes: [splice("m", 5, 0, "abc")] });
    b = follow(b, event);
    expect(plain(b)).toEqual(plain(a));
  });

  it("end each on their own", async () => {
    const source = new Source();
    const [one, other] = [source.feed(), source.feed()];
    await one.return();
    expect((await next(other)).type).toBe("reset");
    expect(source.returned.mock.calls).toEqual([[one]]);
  });
});

describe("the end of a feed", () => {
  it("a break releases it", async () => {
    const source = new Source();
    const feed = source.feed();
    for await (const event of feed) {
      expect(event.type).toBe("reset");
      break;
    }
    expect(source.returned.mock.calls).toEqual([[feed]]);
    source.append("!");
    feed.reset(source.state, "snapshot");
    expect(await isSettled(feed.next())).toBe(true);
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it("return gives up what waits, and wakes who waits", async () => {
    const source = new Source();
    const [waiting, unread] = [source.feed(), source.feed()];
    await next(waiting);
    const pending = [waiting.next(), waiting.next()];
    await waiting.return();
    await unread.return();
    const done = { done: true, value: undefined };
    expect(await Promise.all([...pending, unread.next()])).toEqual([done, done, done]);
  });

  it("delivers what waits, then ends", async () => {
    const source = new Source();
    const feed = source.feed();
    await next(feed);
    source.append("!");
    feed.end();
    const events: ChannelEvent[] = [];
    for await (const event of feed) events.push(event);
    expect(events).toMatchObject([{ changes: [splice("m", 5, 0, "!")] }]);
  });

  it("delivers what waits, then throws, and the first end counts", async () => {
    const source = new Source();
    const feed = source.feed();
    feed.end(lost);
    feed.end();
    expect((await next(feed)).type).toBe("reset");
    await expect(feed.next()).rejects.toBe(lost);
    await expect(feed.next()).rejects.toBe(lost);
  });

  it.each([[undefined], [lost]])("wakes every reader that waits: %s", async (error) => {
    const source = new Source();
    const feed = source.feed();
    await next(feed);
    const waiting = [feed.next(), feed.next()];
    feed.end(error);
    const settled = await Promise.allSettled(waiting);
    const end = error
      ? { status: "rejected", reason: error }
      : { status: "fulfilled", value: { done: true, value: undefined } };
    expect(settled).toEqual([end, end]);
  });
});

describe("calls of next that overlap", () => {
  it("get one event each, in the order of the calls", async () => {
    const source = new Source();
    const feed = source.feed();
    const [first, second, third] = [next(feed), next(feed), next(feed)];
    expect((await first).type).toBe("reset");
    source.append("a");
    const fourth = next(feed);
    expect(await second).toMatchObject({ changes: [splice("m", 5, 0, "a")] });
    expect(await isSettled(third)).toBe(false);
    source.append("b");
    expect(await third).toMatchObject({ changes: [splice("m", 6, 0, "b")] });
    source.append("c");
    expect(await fourth).toMatchObject({ changes: [splice("m", 7, 0, "c")] });
  });
});
