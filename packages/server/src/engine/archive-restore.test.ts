import { ChannelState } from "@deltawire/protocol";
import { describe, expect, test } from "vitest";
import { ArchivedChannelFixture as Fixture } from "../testing/archived-channel.js";
import { added, append, completed, digest, removed, splice } from "../testing/changes.js";
import { Archive } from "./archive.js";
import { restore } from "./archive-restore.js";

const STORED = { epoch: "e", seq: 0, attributes: {}, messages: [] } as const;
const whole = (id: string) => expect.objectContaining({ type: "whole", message: part({ id }) });
const part = (of: object): unknown => expect.objectContaining(of);

const long = "x".repeat(10_000);

describe("a channel that is loaded", () => {
  test("is the one that was saved, and nothing of it is saved again", async () => {
    const channel = new Fixture();
    channel.write(added("a", long), added("b", long));
    await channel.save();
    channel.write(append("a", 0, "x"), completed("b", digest(long)));
    await channel.save();
    const state = await channel.stored();
    await channel.reopen(state);
    expect([channel.archive.isSettled, channel.take()]).toEqual([true, undefined]);
    expect(channel.archive.isSaved({ id: "b", generation: 0 })).toBe(true);
    channel.write(append("a", 0, "y"), added("c"));
    expect(await channel.save()).toMatchObject([{ type: "patch", since: 2 }, { order: 3 }]);
    expect(await channel.stored()).toEqual(channel.state);
  });

  test("and that the log has gone on with is saved from there on", async () => {
    const channel = new Fixture();
    channel.write(added("a", long), added("b", long), added("c"), added("d"));
    await channel.save();
    channel.write(append("a", 0, "y"), completed("b", digest(long)), removed("c"), added("e"));
    await channel.reopen(channel.state);
    expect(channel.archive).toMatchObject({ dirtySince: 1, isUrgent: true });
    expect(channel.take()).toMatchObject({
      messages: [
        { type: "patch", since: 1, changes: [append("a", 0, "y")] },
        whole("b"),
        whole("e"),
      ],
      removed: ["c"],
    });
  });

  test("in another order than the log's is put in that order", async () => {
    const channel = new Fixture();
    channel.write(added("a"), added("b"), added("c"));
    await channel.save();
    channel.write(removed("a"), added("a", "again"));
    await channel.reopen(channel.state);
    await channel.save();
    expect(await channel.stored()).toEqual(channel.state);
  });

  test("with a patch that does not apply keeps the rest, and is put right", async () => {
    const message = { id: "m", generation: 0, role: "r", status: "streaming", parts: [] } as const;
    const insert = {
      type: "part_inserted",
      content: { id: "t", kind: "text", text: "Hi" },
    } as const;
    const patches = [
      { seq: 2, changes: [{ type: "message_patch", id: "m", parts: [insert] }] },
      { seq: 3, changes: [splice("m", 7, 0, "?", "t")] },
      { seq: 4, changes: [splice("m", 0, 0, "!", "t")] },
    ] as const;
    const messages = [{ order: 1, seq: 1, message, patches }];
    const restored = restore({ ...STORED, seq: 4, messages });
    expect(restored.dropped).toMatchObject([
      { message: "m", seq: 3, error: { code: "offset_out_of_range" } },
    ]);
    expect(restored.state.message("m")?.snapshot().parts).toMatchObject([{ text: "Hi" }]);
    const archive = new Archive("c", restored, restored.state);
    expect(archive.take(restored.state)?.messages).toEqual([whole("m")]);
  });
});

describe("another epoch", () => {
  const open = [added("a", long), added("b", long), completed("b", digest(long)), added("c")];
  const of = (state: ChannelState, epoch: string) => {
    const messages = state.messages.filter(({ id }) => id !== "c");
    return ChannelState.of(epoch, { seq: 1, messages, attributes: state.attributes });
  };

  test("that begins while it is kept restates what is open, and what it lacks is removed", async () => {
    const channel = new Fixture();
    channel.write(...open);
    await channel.save();
    const next = of(channel.state, "f");
    channel.archive.begun(next, channel.state);
    channel.state = next;
    const messages = [whole("a")];
    expect(channel.take()).toMatchObject({ epoch: "f", seq: 1, messages, removed: ["c"] });
    expect(channel.archive.isSaved({ id: "b", generation: 0 })).toBe(true);
  });

  test("that begins while a save is on its way does not take that for its own", async () => {
    const channel = new Fixture();
    channel.write(...open);
    const save = channel.take();
    const next = of(channel.state, "f");
    channel.archive.begun(next, channel.state);
    channel.state = next;
    await channel.store.save(save ? [save] : []);
    channel.archive.answered("saved");
    expect(channel.archive.isSettled).toBe(false);
    await channel.save();
    expect(await channel.stored()).toEqual(channel.state);
  });

  test("that begins at the version of a save on its way is saved all the same", async () => {
    const channel = new Fixture();
    channel.write(added("b"), completed("b", digest("")));
    await channel.save();
    channel.write({ type: "channel_patch", attributes: [{ op: "add", path: "/n", value: 1 }] });
    channel.take();
    const { seq, messages } = channel.state;
    const next = ChannelState.of("f", { seq, messages });
    channel.archive.begun(next, channel.state);
    channel.state = next;
    channel.archive.answered("saved");
    expect(channel.take()).toMatchObject({ epoch: "f", attributes: {}, messages: [], removed: [] });
  });

  test("in which messages stand in another order is put in that order", async () => {
    const channel = new Fixture();
    channel.write(...open);
    await channel.save();
    const next = ChannelState.of("f", { messages: [...channel.state.messages].reverse() });
    channel.archive.begun(next, channel.state);
    channel.state = next;
    await channel.save();
    expect(await channel.stored()).toEqual(channel.state);
  });

  test("that the store does not know of is brought there as it is", async () => {
    const channel = new Fixture();
    channel.write(...open);
    await channel.save();
    await channel.reopen(of(await channel.stored(), "f"));
    expect(await channel.save()).toEqual([whole("a")]);
    channel.write(append("a", 0, "x"));
    expect(await channel.save()).toMatchObject([{ type: "patch", since: 1 }]);
    expect(await channel.stored()).toEqual(channel.state);
  });
});
