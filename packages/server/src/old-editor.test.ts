import type { Change, MessageAdded, PartContent } from "@deltawire/spec";
import { expect, test } from "vitest";
import { added, append, completed, digest, frame, textPart } from "./testing/changes.js";
import { plain, TestServer } from "./testing/pair.js";

// A producer that knows no patches and states the whole message on every token is a producer like
// any other: consumers get what they would get of one that appends.

const tokens = Array.from({ length: 400 }, (_, i) => (i % 7 === 0 ? "😀\n" : ` token${i}`));
const text = tokens.join("");
const call = (status: string): PartContent => ({
  id: "call",
  kind: "json",
  value: { name: "grep", arguments: { pattern: "x".repeat(100) }, status },
});

/** What a new producer says, change by change: text that grows, and a status that turns twice. */
function* patches(): Generator<Change> {
  yield added("m", "", { parts: [textPart("")] });
  let length = 0;
  for (const [i, token] of tokens.entries()) {
    if (i === 100) {
      const content = call("running");
      yield {
        type: "message_patch",
        id: "m",
        parts: [{ type: "part_inserted", content, before: "text" }],
      };
    }
    if (i === 300) {
      const operations = [{ op: "replace", path: "/status", value: "completed" }] as const;
      yield {
        type: "message_patch",
        id: "m",
        parts: [{ type: "json_patch", part: "call", operations }],
      };
    }
    yield append("m", length, token);
    length += token.length;
  }
  yield completed("m", digest(text));
}

/** What an old one says: everything so far, every time. */
function* statements(): Generator<Change> {
  let soFar = "";
  const state = (i: number): MessageAdded => {
    const tool = i < 100 ? [] : [call(i < 300 ? "running" : "completed")];
    return added("m", "", { parts: [...tool, textPart(soFar)] });
  };
  yield state(0);
  for (const [i, token] of tokens.entries()) {
    if (i === 100 || i === 300) yield state(i);
    soFar += token;
    yield state(i);
  }
  yield completed("m", digest(text));
}

test.each(["json", "msgpack"] as const)(
  "stating everything on every token: the same state, and no more bytes (%s)",
  (codec) => {
    const [patched, stated] = [patches, statements].map((changes) => {
      const server = new TestServer();
      const producer = server.connect(codec);
      producer.produce("p");
      const client = server.connect(codec);
      const reader = client.follow();
      const before = client.messages.length;
      let seq = 0;
      let upward = 0;
      for (const change of changes()) {
        producer.send(frame(seq, change));
        upward += JSON.stringify(change).length;
        seq += 1;
      }
      const down = client.messages.slice(before);
      const bytes = down.reduce((sum, message) => sum + Buffer.byteLength(message), 0);
      return { state: plain(reader.state), frames: down.length, bytes, upward };
    });
    expect(stated?.state).toEqual(patched?.state);
    expect(stated?.state).toMatchObject({ messages: [{ status: "completed" }] });
    expect(stated?.frames).toBe(patched?.frames);
    expect(stated?.bytes).toBeLessThanOrEqual(patched?.bytes ?? 0);
    expect(stated?.upward).toBeGreaterThan(10 * (patched?.upward ?? 0)); // it is what was measured
  },
);
