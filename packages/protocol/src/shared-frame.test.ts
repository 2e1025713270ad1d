import { deflateRawSync } from "node:zlib";
import { type ChangesFrame, SUBPROTOCOLS } from "@deltawire/spec";
import { describe, expect, it, vi } from "vitest";
import { apply } from "./apply.js";
import type { ChannelState } from "./channel-state.js";
import { createCodec } from "./codec.js";
import { CodecContext } from "./codec-context.js";
import type { Deflate } from "./compressed-forms.js";
import { SharedFrame } from "./shared-frame.js";
import { snapshotFrames } from "./snapshot-frames.js";
import { stateOf } from "./testing/vectors.js";

const SENTENCE = "Deltas are sent, not documents. ";
const deflate: Deflate = (bytes, dictionary) =>
  deflateRawSync(bytes, dictionary.length > 0 ? { dictionary } : {});

/** A channel whose frames go to one reader, compressed. */
class Run {
  state: ChannelState;
  replica: ChannelState | undefined;
  readonly context: CodecContext;
  readonly reader = createCodec(SUBPROTOCOLS.msgpack, () => this.replica);
  readonly writer = createCodec(SUBPROTOCOLS.msgpack);

  constructor(json: object) {
    const parts = [
      { id: "t", kind: "text", text: SENTENCE.repeat(3) },
      { id: "j", kind: "json", value: json },
    ];
    const message = { id: "m", generation: 0, role: "r", status: "streaming", parts };
    this.state = stateOf({ messages: [message] }, 1);
    this.context = CodecContext.of(this.state);
    this.context.recent = new Uint8Array();
  }

  join(): void {
    for (const chunk of snapshotFrames("c", this.state, 1)) {
      this.#take(new SharedFrame(chunk, { plain: this.context }, { compression: { deflate } }));
    }
  }

  send(
    ...parts: NonNullable<Extract<ChangesFrame["changes"][0], { type: "message_patch" }>["parts"]>
  ) {
    const { seq } = this.state;
    const changes = [{ type: "message_patch", id: "m", parts }] as const;
    const frame: ChangesFrame = { type: "changes", channel: "c", from: seq, to: seq + 1, changes };
    const before = this.state;
    this.state = apply(before, frame);
    const compression = { deflate, before, takers: 100 };
    return this.#take(new SharedFrame(frame, { plain: this.context }, { compression }));
  }

  #take(shared: SharedFrame): Uint8Array {
    for (const message of this.writer.encodeShared(shared, { isCompressed: true })) {
      const frame = this.reader.decode(message);
      if (frame) expect(frame).toMatchObject(shared.frame);
      if (frame?.type === "snapshot") this.replica = stateOf(frame, frame.seq);
      if (frame?.type === "changes" && this.replica) this.replica = apply(this.replica, frame);
    }
    return shared.packed().compressed;
  }
}

const append = (offset: number, text: string) =>
  ({
    type: "text_splice",
    part: "t",
    splices: [{ changed_offset: offset, removed: 0, text }],
  }) as const;
const stream = (path: string, offset: number, text: string) =>
  ({
    type: "json_patch",
    part: "j",
    operations: [{ op: "splice", path, changed_offset: offset, removed: 0, text }],
  }) as const;

describe("compressed forms", () => {
  it("are read back, of text and of strings inside JSON, whoever has ordered the members", () => {
    const run = new Run({ b: { s: SENTENCE }, a: "first", s: "" });
    run.join();
    expect(run.send(append(96, SENTENCE))[0]).toBe(0xd5);
    expect(run.send(append(128, `More: ${SENTENCE}`))[0]).toBe(0xd4);
    run.send(stream("/s", 0, SENTENCE), append(166, "and "));
    run.send(stream("/s", SENTENCE.length, SENTENCE), append(170, "so "));
    run.send(stream("/s", 2 * SENTENCE.length, "on"), append(173, "on. "));
    expect(run.replica?.seq).toBe(run.state.seq);
  });

  it("follow a join at any time", () => {
    const run = new Run({ s: "" });
    run.join();
    const put = (s: string) =>
      ({
        type: "json_patch",
        part: "j",
        operations: [{ op: "replace", path: "/s", value: s }],
      }) as const;
    run.send(put("one two three"));
    run.send(put("one two three four"));
    run.join();
    expect(run.send(put("one two three four five"))[0]).toBe(0xd6);
  });

  it("are made once, by need, and only from the size on that pays", () => {
    const spy = vi.fn(deflate);
    const state = stateOf({ messages: [] }, 1);
    const changes = [{ type: "channel_closed", reason: SENTENCE }] as const;
    const frame = { type: "changes", channel: "c", from: 1, to: 2, changes } as const;
    const shared = (takers: number) =>
      new SharedFrame(
        frame,
        { plain: new CodecContext(1) },
        { compression: { deflate: spy, before: state, takers } },
      ).packed();
    const many = shared(100);
    expect(spy).not.toHaveBeenCalled();
    expect(many.compressed).toBe(many.compressed);
    expect(spy).toHaveBeenCalledOnce();
    const few = shared(2);
    expect(few.compressed).toBe(few.plain);
    expect(spy).toHaveBeenCalledOnce();
  });

  it("are never larger than the plain ones", () => {
    const before = stateOf({ messages: [] }, 1);
    const larger: Deflate = (bytes) => new Uint8Array(bytes.length + 10);
    const changes = [{ type: "channel_closed", reason: SENTENCE }] as const;
    const frame = { type: "changes", channel: "c", from: 1, to: 2, changes } as const;
    const compression = { deflate: larger, before, takers: 100 };
    const shared = new SharedFrame(frame, { plain: new CodecContext(1) }, { compression }).packed();
    expect(shared.compressed).toBe(shared.plain);
  });

  it("of more than 10 KB are taken only where they save a tenth", () => {
    const before = stateOf({ messages: [] }, 1);
    const of = (length: number, share: number) => {
      const changes = [{ type: "channel_closed", reason: "x".repeat(length) }] as const;
      const frame = { type: "changes", channel: "c", from: 1, to: 2, changes } as const;
      const deflate: Deflate = (bytes) => new Uint8Array(Math.floor(bytes.length * share));
      const compression = { deflate, before, takers: 100 };
      return new SharedFrame(frame, { plain: new CodecContext(1) }, { compression }).packed();
    };
    expect(of(10_000, 0.95).isCompressed).toBe(true);
    expect(of(10_240, 0.95).isCompressed).toBe(false);
    expect(of(10_240, 0.91).isCompressed).toBe(false);
    expect(of(10_240, 0.89).isCompressed).toBe(true);
  });

  it("are refused by a codec that has no replicas to read them with", () => {
    const codec = createCodec(SUBPROTOCOLS.msgpack);
    codec.decode(Uint8Array.of(0x93, 3, 0, 0xa1, 0x63)); // selects "c"
    for (const first of [0xd4, 0xd5, 0xd6, 0xd7]) {
      expect(() => codec.decode(Uint8Array.of(first, 1, 3, 0))).toThrow("no frame begins with");
    }
  });
});
