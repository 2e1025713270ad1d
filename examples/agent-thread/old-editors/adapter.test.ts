import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OldWorld } from "./testing/old-world.js";

const world = new OldWorld();
beforeAll(() => world.open());
afterEach(() => world.empty());
afterAll(() => world.close());

const user = { role: "user", entry_type: "text" };

test("L10 L11: a turn is there whole, its user's entry at once, the rest when it is completed", async () => {
  const editor = await world.editor().connect();
  editor.added("1", "Fix the parser\nplease", user);
  editor.added("2", "Hel", { entry_type: "text" });
  editor.added("2", "Hello", { entry_type: "text" });
  const state = await editor.shows(
    "1 user Fix the parser\nplease completed",
    "2 assistant Hello streaming",
  );
  expect(state.attributes).toEqual({ title: "Fix the parser", status: "running" });
  editor.added("2", "Hello world", { entry_type: "text" });
  editor.completed();
  await editor.shows(
    "1 user Fix the parser\nplease completed",
    "2 assistant Hello world completed",
  );
  await editor.isIdle();
});

test("L32: what a statement leaves out, or has empty, stays as it was", async () => {
  const editor = await world.editor().connect();
  const is = { entry_type: "tool_call", tool_name: "grep", tool_status: "In Progress" };
  editor.added("1", "", is); // an empty first content
  editor.added("1", "3 matches", {});
  editor.say("message_added", { message_id: "1", tool_status: "Completed" });
  editor.added("1", "", { tool_name: "" });
  editor.completed();
  const state = await editor.shows("1 assistant 3 matches completed");
  expect(state.messages[0]).toMatchObject({
    kind: "tool_call",
    attributes: { tool_name: "grep", tool_status: "Completed" },
  });
});

test("L18: a completion that is repeated says nothing, and ends no later turn", async () => {
  const editor = await world.editor().connect();
  editor.completed();
  editor.added("1", "one");
  editor.completed();
  editor.completed();
  const { seq } = await editor.shows("1 assistant one completed");
  editor.completed();
  editor.added("2", "two");
  const state = await editor.shows("1 assistant one completed", "2 assistant two streaming");
  expect(state.seq).toBeLessThanOrEqual(seq + 3); // idle, running, the entry
  expect(state.messages[0]?.generation).toBe(0);
});

describe("a late correction", () => {
  test("L7: of an entry before the one that grows replaces it where it is", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "first");
    editor.added("2", "second");
    editor.added("1", "FIRST (corrected)");
    await editor.shows("1 assistant FIRST (corrected) streaming", "2 assistant second streaming");
  });

  test("of an entry that is complete begins it again, and completes it: at once, or with the turn", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "frist");
    editor.completed();
    editor.added("1", "first");
    const state = await editor.shows("1 assistant first completed");
    expect(state.messages[0]?.generation).toBe(1);
    await editor.isIdle();
    editor.added("2", "second");
    editor.added("1", "FIRST");
    await editor.shows("1 assistant FIRST streaming", "2 assistant second streaming");
    editor.completed();
    await editor.shows("1 assistant FIRST completed", "2 assistant second completed");
  });

  test("may shorten, also what was said before a reconnect", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "Hello world\n\n");
    editor.added("1", "Hello world");
    editor.completed();
    await editor.shows("1 assistant Hello world completed");
    await editor.disconnect();
    await editor.connect();
    editor.added("1", "Hello world");
    editor.added("1", "Hello");
    await editor.shows("1 assistant Hello completed");
  });
});

describe("after a reconnect", () => {
  test("L25 L31: older entries that are stated again change nothing, not even for a moment", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "What is it?", user);
    editor.added("2", "Hello world");
    editor.completed();
    const before = await editor.shows(
      "1 user What is it? completed",
      "2 assistant Hello world completed",
    );
    await editor.isIdle();
    await editor.disconnect();
    await editor.connect();
    editor.added("1", "What is it?", user);
    for (const content of ["", "Hel", "Hello", "Hello world"]) editor.added("2", content);
    editor.completed();
    editor.added("3", "news");
    const after = await editor.shows(
      "1 user What is it? completed",
      "2 assistant Hello world completed",
      "3 assistant news streaming",
    );
    expect(after.messages.slice(0, 2)).toEqual(before.messages);
  });

  test("what was open goes on where it was, and is completed, also by a completion alone", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "Hel");
    editor.added("2", "left alone");
    await editor.disconnect();
    await editor.connect();
    editor.added("1", "Hello");
    await editor.shows("1 assistant Hello streaming", "2 assistant left alone streaming");
    await editor.disconnect();
    await editor.connect();
    editor.completed();
    await editor.shows("1 assistant Hello completed", "2 assistant left alone completed");
    await editor.isIdle();
  });

  test("L29: the end of the connection before ends nothing", async () => {
    const one = await world.editor().connect();
    one.added("1", "Hel");
    await one.shows("1 assistant Hel streaming");
    const two = await world.editor(one.thread).connect();
    two.added("1", "Hello");
    await two.shows("1 assistant Hello streaming");
    await one.disconnect();
    two.added("1", "Hello world");
    two.completed();
    await two.shows("1 assistant Hello world completed");
  });

  test("L29: what another connection has taken over stays as that one has it", async () => {
    const one = await world.editor().connect();
    one.added("1", "Hel");
    await one.shows("1 assistant Hel streaming");
    const two = await world.editor(one.thread).connect();
    two.added("1", "Hello");
    await two.shows("1 assistant Hello streaming");
    one.completed(); // too late: the newer connection has it
    one.added("1", "Hel, and more");
    one.added("2", "two");
    one.completed();
    await two.shows("1 assistant Hello streaming", "2 assistant two completed");
    two.added("1", "Hello world");
    two.completed();
    await two.shows("1 assistant Hello world completed", "2 assistant two completed");
  });
});

test("L21: what an editor leaves open when it goes is interrupted, and goes on when it is back", async () => {
  const hasty = new OldWorld(50);
  await hasty.open();
  const editor = await hasty.editor().connect();
  editor.added("1", "Hel");
  await editor.shows("1 assistant Hel streaming");
  await editor.disconnect();
  await editor.shows("1 assistant Hel interrupted");
  await editor.connect();
  editor.added("1", "Hello");
  await editor.shows("1 assistant Hello streaming");
  await hasty.empty();
  await hasty.close();
});

describe("commands of a page", () => {
  test("a prompt comes as a chat_message, to the editor that has the thread", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "ready");
    editor.completed();
    await editor.shows("1 assistant ready completed");
    await editor.page.command("prompt", { text: "And in 3D?" });
    expect(editor.prompts).toEqual([
      { message: "And in 3D?", request_id: expect.any(String), acp_thread_id: editor.thread },
    ]);
    await expect(editor.page.command("prompt", { text: "" })).rejects.toThrow("{ text }");
  });

  test("L19 L20: a stop cancels the turn, and what is still said in it is dropped", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "Hel");
    await editor.shows("1 assistant Hel streaming");
    await editor.page.command("stop");
    const state = await editor.shows("1 assistant Hel cancelled");
    expect(state.attributes.status).toBe("idle");
    editor.added("1", "Hello");
    editor.added("2", "more");
    editor.completed();
    editor.added("1", "Hello"); // late, and none of the next turn's business
    editor.added("3", "Again", user);
    editor.added("4", "new");
    editor.completed();
    await editor.shows(
      "1 assistant Hel cancelled",
      "3 user Again completed",
      "4 assistant new completed",
    );
  });

  test("a stop of one entry leaves the others alone", async () => {
    const editor = await world.editor().connect();
    editor.added("1", "one");
    editor.added("2", "two");
    await editor.shows("1 assistant one streaming", "2 assistant two streaming");
    await editor.page.command("stop", undefined, { message: "1" });
    editor.added("1", "one more");
    editor.added("2", "two more");
    await editor.shows("1 assistant one cancelled", "2 assistant two more streaming");
  });
});

test("what makes no sense is left out, and said", async () => {
  const editor = await world.editor().connect();
  editor.sayRaw("{");
  editor.sayRaw("[]");
  editor.sayRaw('{"event_type":"message_added"}');
  editor.added("", "no id");
  editor.added("x".repeat(300), "too long an id");
  editor.say("thread_renamed", { title: "not of this protocol" });
  editor.added("1", "half of a pair: \ud83d");
  editor.completed();
  await editor.shows("1 assistant half of a pair: \ufffd completed");
  expect(world.warn).toHaveBeenCalledTimes(5);
});
