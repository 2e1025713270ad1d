import { describe, expect, test } from "vitest";
import { ArchivedChannelFixture as Fixture } from "../testing/archived-channel.js";
import { added, append, completed, digest, removed, splice } from "../testing/changes.js";

const whole = (id: string) => expect.objectContaining({ type: "whole", message: part({ id }) });
const part = (of: object): unknown => expect.objectContaining(of);

const long = "x".repeat(10_000);

describe("what is saved of a channel", () => {
  test("a message: whole when it begins, its changes while it is open, whole when it ends", async () => {
    const channel = new Fixture();
    channel.write(added("m", long));
    expect(await channel.save()).toEqual([whole("m")]);
    channel.write(append("m", 10_000, "He"));
    channel.write(append("m", 10_002, "llo"));
    const changes = [append("m", 10_000, "Hello")];
    expect(await channel.save()).toEqual([{ type: "patch", id: "m", since: 1, changes }]);
    channel.write(splice("m", 0, 5, "y"));
    expect(await channel.save()).toEqual([
      { type: "patch", id: "m", since: 3, changes: [splice("m", 0, 5, "y")] },
    ]);
    channel.write(completed("m", digest(`y${long.slice(5)}Hello`)));
    expect(await channel.save()).toEqual([whole("m")]);
    expect(await channel.stored()).toEqual(channel.state);
  });

  test("nothing twice, and nothing of a channel in which nothing has happened", async () => {
    const channel = new Fixture();
    expect([channel.take(), channel.archive.isSettled]).toEqual([undefined, true]);
    channel.write(added("m"), added("n"));
    await channel.save();
    expect([channel.take(), channel.archive.isSettled]).toEqual([undefined, true]);
    channel.write(append("n", 0, "x"));
    expect(channel.take()?.messages).toHaveLength(1);
  });

  test("attributes and the end, with the version", async () => {
    const channel = new Fixture();
    const attributes = [{ op: "add", path: "/title", value: "T" }] as const;
    channel.write({ type: "channel_patch", attributes });
    expect(channel.archive.dirtySince).toBe(0);
    expect(channel.take()).toEqual({
      channel: "c",
      epoch: "e",
      seq: 1,
      attributes: { title: "T" },
      messages: [],
      removed: [],
    });
    channel.archive.answered("saved");
    expect(channel.archive.dirtySince).toBeUndefined();
    channel.write({ type: "channel_closed", reason: "done" });
    expect([channel.archive.isUrgent, channel.archive.dirtySince]).toEqual([true, 1]);
    expect(channel.take()).toMatchObject({ seq: 2, closed: { reason: "done" } });
  });

  test("L16: in document order, whatever changed first", async () => {
    const channel = new Fixture();
    channel.write(added("a", long), added("b", long), added("c", long));
    await channel.save();
    channel.write(append("c", 0, "x"));
    channel.write(append("a", 0, "x"), added("d"));
    const saves = channel.take()?.messages.map((save) => ("id" in save ? save.id : "whole"));
    expect(saves).toEqual(["a", "c", "whole"]);
  });

  test("what was removed; a message that begins anew under its id comes last", async () => {
    const channel = new Fixture();
    channel.write(added("a"), added("b"));
    await channel.save();
    channel.write(removed("a"), added("x"), removed("x"));
    channel.write(added("a", "again"));
    expect(channel.take()).toMatchObject({ messages: [whole("a")], removed: ["x"] });
    channel.archive.answered("saved");
    channel.write(removed("b"));
    expect(channel.take()).toMatchObject({ messages: [], removed: ["b"] });
  });

  test("what changes while a save is on its way goes with the next one", async () => {
    const channel = new Fixture();
    channel.write(added("m", long));
    const save = channel.take();
    channel.write(append("m", 10_000, "x"));
    expect([channel.take(), channel.archive.isSettled]).toEqual([undefined, false]);
    await channel.store.save(save ? [save] : []);
    channel.archive.answered("saved");
    expect(channel.archive.dirtySince).toBe(1);
    const changes = [append("m", 10_000, "x")];
    expect(await channel.save()).toEqual([{ type: "patch", id: "m", since: 1, changes }]);
  });

  test.each(["conflict", "failed"] as const)(
    "after a save that %s, it is whole",
    async (answer) => {
      const channel = new Fixture();
      channel.write(added("m", long), added("n", long), added("o", long));
      await channel.save();
      channel.write(append("m", 10_000, "x"), removed("o"));
      channel.take();
      channel.write(append("m", 10_001, "y"), append("n", 10_000, "z"));
      channel.archive.answered(answer);
      expect(channel.archive).toMatchObject({ isSettled: false, dirtySince: 0 });
      expect(channel.take()).toMatchObject({
        messages: [whole("m"), { type: "patch", id: "n" }],
        removed: ["o"],
      });
    },
  );

  test("whether a message's end is in the store", async () => {
    const channel = new Fixture();
    const isSaved = (generation: number) => channel.archive.isSaved({ id: "m", generation });
    channel.write(added("m"));
    await channel.save();
    expect([channel.archive.isUrgent, isSaved(0)]).toEqual([false, false]);
    channel.write(completed("m", digest("")));
    expect([channel.archive.isUrgent, isSaved(0)]).toEqual([true, false]);
    const save = channel.take();
    expect([channel.archive.isUrgent, isSaved(0)]).toEqual([false, false]);
    await channel.store.save(save ? [save] : []);
    channel.archive.answered("saved");
    expect(isSaved(0)).toBe(true);
    channel.write(added("m", "", { generation: 1 }));
    expect([isSaved(0), isSaved(1)]).toEqual([true, false]);
    await channel.save();
    expect([isSaved(0), isSaved(1)]).toEqual([true, false]);
    channel.write(removed("m"));
    expect(isSaved(1)).toBe(true); // nothing to wait for
  });

  test("whether a message is in the store for good", async () => {
    const channel = new Fixture();
    channel.write(added("m"), added("n"), completed("n", digest("")));
    const holds = () => channel.state.messages.map((message) => channel.archive.holds(message));
    expect(holds()).toEqual([false, false]);
    await channel.save();
    expect(holds()).toEqual([false, true]);
    const [, n] = channel.state.messages;
    channel.write(removed("n"));
    expect(n && channel.archive.holds(n)).toBe(false);
  });

  test("a generation that began before the end of the one before was saved stands for that", async () => {
    const channel = new Fixture();
    channel.write(added("m"), completed("m", digest("")), added("m", "", { generation: 1 }));
    expect(channel.archive.isSaved({ id: "m", generation: 0 })).toBe(false);
    await channel.save();
    expect(channel.archive.isSaved({ id: "m", generation: 0 })).toBe(true);
  });
});

describe("how much is written", () => {
  test("L36: a change to a message of 17 MB costs that change", async () => {
    const channel = new Fixture();
    channel.write(added("m", "x".repeat(17 << 20)));
    await channel.save();
    channel.write(append("m", 17 << 20, "token"));
    expect(channel.take()?.messages).toMatchObject([{ type: "patch" }]);
    expect(channel.archive.size).toBeLessThan(300);
  });

  test("L36: a message that grows is written a few times over in all, and read once over", async () => {
    const channel = new Fixture();
    channel.write(added("m"));
    let written = 0;
    for (let i = 0; i < 2000; i += 1) {
      channel.write(append("m", 1000 * i, "x".repeat(1000)));
      const save = channel.take();
      written += channel.archive.size;
      await channel.store.save(save ? [save] : []);
      channel.archive.answered("saved");
    }
    const size = channel.state.message("m")?.size ?? 0;
    expect(written).toBeLessThan(4 * size);
    const stored = await channel.store.load("c");
    expect(JSON.stringify(stored).length).toBeLessThan(2.5 * size);
  });

  test("L36: a message that is edited again and again is not read as often as it was edited", async () => {
    const channel = new Fixture();
    channel.write(added("m", long));
    for (let i = 0; i < 500; i += 1) {
      channel.write(splice("m", 0, 500, String(i).repeat(500).slice(0, 500)));
      await channel.save();
    }
    const stored = await channel.store.load("c");
    expect(JSON.stringify(stored).length).toBeLessThan(25_000);
  });

  test("L40: what is noted while the store is down is never more than the message", () => {
    const channel = new Fixture();
    channel.write(added("m", "x".repeat(1000)));
    channel.take();
    channel.archive.answered("saved");
    for (let i = 0; i < 10_000; i += 1) {
      channel.write(splice("m", 0, 5, String(i).padStart(5)));
    }
    expect(channel.take()?.messages).toEqual([whole("m")]);
  });
});
