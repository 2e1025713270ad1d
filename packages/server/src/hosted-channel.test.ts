import type { SharedFrame } from "@deltawire/protocol";
import type { Change, CheckpointFrame } from "@deltawire/spec";
import { describe, expect, test, vi } from "vitest";
import { channelInMemory } from "./channel-in-memory.js";
import type { Consumer } from "./consumer.js";
import type { Subscription } from "./subscription.js";
import { atOnce } from "./testing/at-once.js";
import { added, append, completed, digest, frame, removed } from "./testing/changes.js";
import { FakeClock } from "./testing/fake-clock.js";

class Recorder implements Consumer {
  readonly binary: boolean;
  readonly delivered: SharedFrame[] = [];
  readonly isCongested = false;

  constructor(binary: boolean) {
    this.binary = binary;
  }

  send(): void {}

  fits(): boolean {
    return true;
  }

  deliver(shared: SharedFrame): void {
    this.delivered.push(shared);
  }

  fail(): void {}

  pace(subscription: Subscription): void {
    while (subscription.step());
  }

  get checkpoints(): CheckpointFrame[] {
    return this.delivered
      .map((shared) => shared.frame)
      .filter((shared) => shared.type === "checkpoint");
  }
}

function start() {
  const clock = new FakeClock();
  const onCompleted = vi.fn();
  const channel = channelInMemory("c", "e", { clock, onCompleted });
  const attachment = { fence: vi.fn(), lose: vi.fn() };
  const { token } = atOnce(channel.attach("p", attachment));
  let seq = 0;
  const write = (...changes: Change[]) => {
    const { ack } = atOnce(channel.append("p", token, frame(seq, ...changes)));
    seq = ack.seq;
  };
  const join = (binary = true) => {
    const recorder = new Recorder(binary);
    const subscription = channel.follow(recorder);
    subscription.ask({ type: "subscribe", channel: "c", request: 1 });
    return Object.assign(recorder, { subscription });
  };
  return { clock, channel, onCompleted, attachment, write, join };
}

const subscribe = { type: "subscribe", channel: "c", request: 2 } as const;

describe("fan-out", () => {
  test("a frame is encoded once: everyone gets the same bytes, and the same text", () => {
    const { write, join } = start();
    write(added("m"));
    const readers = [join(), join(), join()];
    const json = [join(false), join(false)];
    write(append("m", 0, "Hello"));
    const bytes = readers.map(({ delivered }) => delivered.at(-1)?.packed().plain);
    const shared = json.map(({ delivered }) => delivered.at(-1));
    expect(bytes[0]).toEqual(new Uint8Array([0xc1, 2, 0, ...new TextEncoder().encode("Hello")]));
    for (const other of bytes) expect(other).toBe(bytes[0]);
    for (const other of shared) expect(other).toBe(readers[0]?.delivered.at(-1));
    expect(JSON.parse(shared[0]?.json ?? "")).toEqual(frame(1, append("m", 0, "Hello")));
  });

  test("nothing is encoded as MessagePack while nobody takes it", () => {
    const { write, join } = start();
    write(added("m"));
    const json = join(false);
    write(append("m", 0, "a"));
    expect(() => json.delivered.at(-1)?.packed().plain).toThrow(TypeError);
  });

  test("the codec context comes with the first who needs it, and goes with the last", () => {
    const { channel, write, join } = start();
    write(added("m"), added("n"));
    const [first, second] = [join(), join()];
    write(append("m", 0, "a"));
    expect(first.delivered.at(-1)?.packed().plain[0]).toBe(0xc1);
    write(append("m", 1, "b"));
    expect(first.delivered.at(-1)?.packed().plain[0]).toBe(3); // at the cursor
    channel.unfollow(first.subscription);
    channel.unfollow(first.subscription); // twice is once
    write(append("m", 2, "c"));
    expect(second.delivered.at(-1)?.packed().plain[0]).toBe(4);
    channel.unfollow(second.subscription);
    write(append("m", 3, "d"));
    const third = join();
    write(append("m", 4, "e"));
    expect(third.delivered.at(-1)?.packed().plain[0]).toBe(0xc1); // a new context has no cursor
  });

  test("subscribing again keeps one subscription", () => {
    const { channel, write, join } = start();
    const reader = join();
    reader.subscription.ask(subscribe);
    write(added("m"));
    expect(reader.delivered.filter((shared) => shared.frame.type === "changes")).toHaveLength(1);
    channel.unfollow(reader.subscription);
    const json = join(false);
    write(append("m", 0, "a"));
    expect(() => json.delivered.at(-1)?.packed().plain).toThrow(TypeError); // nobody takes it any more
  });

  test("who has left gets nothing more", () => {
    const { channel, write, join } = start();
    const recorder = join();
    channel.unfollow(recorder.subscription);
    write(added("m"));
    expect(recorder.delivered).toHaveLength(1); // the snapshot
  });
});

describe("producers", () => {
  test("who is attached is told when another attachment takes its place", () => {
    const { channel, attachment } = start();
    const later = { fence: vi.fn(), lose: vi.fn() };
    atOnce(channel.attach("q", { fence: vi.fn(), lose: vi.fn() }));
    expect(attachment.fence).not.toHaveBeenCalled();
    atOnce(channel.attach("p", later));
    expect(attachment.fence).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "fenced", channel: "c" }),
    );
    atOnce(channel.attach("p", later)); // itself: a producer that begins again
    expect(later.fence).not.toHaveBeenCalled();
  });

  test("L29: who is gone is told nothing, and does not take a later attachment along", () => {
    const { channel, attachment } = start();
    const later = { fence: vi.fn(), lose: vi.fn() };
    channel.detach("p", attachment);
    atOnce(channel.attach("p", later));
    expect(attachment.fence).not.toHaveBeenCalled();
    channel.detach("p", attachment);
    atOnce(channel.attach("p", { fence: vi.fn(), lose: vi.fn() }));
    expect(later.fence).toHaveBeenCalledOnce();
  });
});

describe("completion", () => {
  test("is told once, with the message as it ended", () => {
    const { write, onCompleted } = start();
    write(added("m", "Hi"), added("n"));
    write(completed("m", digest("Hi")));
    write(completed("m", digest("Hi")));
    expect(onCompleted).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ id: "m", status: "completed", text: "Hi" }),
    );
  });

  test("is not told of what the same frame takes back", () => {
    const { write, onCompleted } = start();
    write(added("m"), completed("m", digest("")), removed("m"));
    write(added("n"), completed("n", digest("")), added("n", "", { generation: 1 }));
    expect(onCompleted).not.toHaveBeenCalled();
  });

  test("comes after the frame has gone out", () => {
    const { write, join, onCompleted } = start();
    write(added("m"));
    const recorder = join();
    let seen = 0;
    onCompleted.mockImplementation(() => {
      seen = recorder.delivered.length;
    });
    write(completed("m", digest("")));
    expect(seen).toBe(2);
  });
});

describe("checkpoints", () => {
  test.each([true, false])("come before silence, for the text that grew (binary: %s)", (binary) => {
    const { clock, write, join } = start();
    write(added("m"));
    const recorder = join(binary);
    write(append("m", 0, "ab"));
    clock.advance(700);
    write(append("m", 2, "cd"));
    clock.advance(999);
    expect(recorder.checkpoints).toEqual([]);
    clock.advance(1);
    const checkpoint = { type: "checkpoint", channel: "c", seq: 3, message: "m", part: "text" };
    expect(recorder.checkpoints).toEqual([{ ...checkpoint, length: 4, crc32: 0xed82cd11 }]); // CRC-32 of "abcd"
    clock.advance(100_000);
    expect(recorder.checkpoints).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("come every 512 frames, while there is no silence", () => {
    const { clock, write, join } = start();
    write(added("m"));
    const recorder = join();
    for (let i = 0; i < 1025; i++) {
      write(append("m", i, "x"));
      clock.advance(10);
    }
    expect(recorder.checkpoints.map(({ seq, length }) => [seq, length])).toEqual([
      [512, 511],
      [1024, 1023],
    ]);
    expect(recorder.checkpoints[1]?.crc32).not.toBe(recorder.checkpoints[0]?.crc32);
  });

  test.each<[string, Change[]]>([
    ["a message that has ended", [completed("m", digest("ab"))]],
    ["a message that is gone", [removed("m")]],
    [
      "a part that is gone",
      [{ type: "message_patch", id: "m", parts: [{ type: "part_removed", part: "text" }] }],
    ],
  ])("say nothing about %s", (_what, changes) => {
    const { clock, write, join } = start();
    write(added("m"));
    const recorder = join();
    write(append("m", 0, "ab"));
    write(...changes);
    clock.advance(5000);
    expect(recorder.checkpoints).toEqual([]);
  });

  test("are not sent to nobody, and stop with the channel", () => {
    const { clock, channel, write } = start();
    write(added("m"));
    write(append("m", 0, "ab"));
    channel.close();
    expect(clock.pending).toBe(0);
  });
});
