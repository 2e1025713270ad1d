import { type Change, type ChangesFrame, type PartContent, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, it } from "vitest";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { Replica } from "./testing/network.js";
import { stateOf } from "./testing/vectors.js";

// What a reader of both codecs makes of changes to a message's parts, and of what they leave out.

const text = (id: string, content: string): PartContent => ({ id, kind: "text", text: content });

const patch = (part: string, changed_offset: number, removed: number, insert: string): Change => ({
  type: "message_patch",
  id: "m",
  parts: [{ type: "text_splice", part, splices: [{ changed_offset, removed, text: insert }] }],
});

describe.each(Object.values(SUBPROTOCOLS))("parts of a message, over %s", (subprotocol) => {
  /** A reader of a message with these parts. */
  function read(parts: readonly PartContent[], more: object = {}) {
    const message = { id: "m", generation: 0, role: "r", status: "streaming", parts, ...more };
    const [writer, replica] = [createCodec(subprotocol), new Replica(subprotocol)];
    const { channel } = replica.ask("c");
    for (const frame of snapshotFrames(channel, stateOf({ messages: [message] }), 1)) {
      replica.receive(writer.encode(frame).map((wire) => structuredClone(wire)));
    }
    const send = (...changes: Change[]) => {
      const from = replica.state?.seq ?? 0;
      const frame: ChangesFrame = { type: "changes", channel, from, to: from + 1, changes };
      expect(replica.receive(writer.encode(frame))).toEqual(["applied"]);
    };
    const held = () => (replica.state as ChannelState).message("m")?.snapshot();
    return { send, held, parts: () => held()?.parts };
  }

  it("L3: zero, the empty text and absent are three things", () => {
    const { send, held } = read([text("t", "first"), text("u", "x")], { kind: "" });
    send(patch("t", 0, 5, "FIRST (corrected)"));
    send(patch("u", 0, 1, ""));
    expect(held()).toMatchObject({
      kind: "",
      parts: [{ text: "FIRST (corrected)" }, { text: "" }],
    });
    send({ type: "message_added", id: "m", generation: 0, role: "", parts: [] });
    expect(held()).toEqual({ id: "m", generation: 0, role: "", status: "streaming", parts: [] });
  });

  it("L6: a part is found by its id, whatever is put in or taken out before it", () => {
    const { send, parts } = read([text("a", ""), text("b", "b"), text("c", "c")]);
    send({
      type: "message_patch",
      id: "m",
      parts: [
        { type: "part_inserted", content: text("new", ""), before: "a" },
        { type: "part_removed", part: "b" },
      ],
    });
    send(patch("c", 1, 0, "!"));
    send(patch("a", 0, 0, "filled later"));
    send(patch("new", 0, 0, "n"));
    expect(parts()).toEqual([text("new", "n"), text("a", "filled later"), text("c", "c!")]);
  });

  it("L7: a correction of an old part is made in its place", () => {
    const { send, parts } = read([text("a", "teh"), text("b", "b"), text("c", "c")]);
    send(patch("c", 1, 0, " grows"));
    send(patch("a", 1, 2, "he"));
    expect(parts()).toEqual([text("a", "the"), text("b", "b"), text("c", "c grows")]);
  });

  it("L32: what a patch does not state stays", () => {
    const rest = { kind: "k", origin: "p", attributes: { a: 1, b: "" }, status: "interrupted" };
    const { send, held } = read([text("t", "x"), text("u", "y")], rest);
    const before = held();
    send(patch("t", 1, 0, "!"));
    send({ type: "message_patch", id: "m" });
    expect(held()).toEqual({ ...before, parts: [text("t", "x!"), text("u", "y")] });
    send({ type: "message_patch", id: "m", attributes: [{ op: "remove", path: "/a" }] });
    expect(held()).toMatchObject({ ...rest, attributes: { b: "" } });
  });
});
