import { CodecContext, Text } from "@deltawire/protocol";
import type { ChangesFrame, Splice } from "@deltawire/spec";
import { type TextEdit, TextSource } from "../../packages/encoder/src/text-source.js";
import { encodeInContext } from "../../packages/protocol/src/msgpack-codec.js";
import { stateOf } from "./algebra.js";
import { plainFrame } from "./plain.js";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A text, appended to an empty part, then edited: every byte of it in both codecs. */
function fidelity(name: string, text: string, splices: readonly Splice[], result: string) {
  const message = {
    id: "m",
    generation: 0,
    role: "r",
    status: "streaming",
    parts: [{ id: "t", kind: "text", text: "" }],
  } as const;
  const context = CodecContext.of(stateOf({ messages: [message] }));
  const steps = [[{ changed_offset: 0, removed: 0, text }], splices].map((edit, i) => {
    const frame: ChangesFrame = {
      type: "changes",
      channel: "c",
      from: i,
      to: i + 1,
      changes: [
        {
          type: "message_patch",
          id: "m",
          parts: [{ type: "text_splice", part: "t", splices: edit }],
        },
      ],
    };
    return {
      frame: plainFrame(frame),
      json: JSON.stringify(plainFrame(frame)),
      msgpack: hexOf(encodeInContext(context, frame)),
    };
  });
  const utf8 = hexOf(new TextEncoder().encode(result));
  return { name, steps, result, length: result.length, utf8, crc32: Text.of(result).crc32() };
}

const at = (changed_offset: number, removed: number, text: string): Splice => ({
  changed_offset,
  removed,
  text,
});

export const fidelities: readonly object[] = [
  fidelity("leading and trailing spaces", "  a  ", [at(5, 0, " ")], "  a   "),
  fidelity("CR, LF and CRLF", "a\rb\nc\r\n", [at(7, 0, "\n\r")], "a\rb\nc\r\n\n\r"),
  fidelity("U+2028 and U+2029", "a\u2028b\u2029", [at(1, 1, "\u2029")], "a\u2029b\u2029"),
  fidelity(
    "NUL and other control characters",
    "\u0000\u0001\u001b[0m\u007f\u0085",
    [at(0, 1, "\u0000\u0000")],
    "\u0000\u0000\u0001\u001b[0m\u007f\u0085",
  ),
  fidelity("a byte order mark is text", "\ufeffa", [at(2, 0, "\ufeff")], "\ufeffa\ufeff"),
  fidelity("astral", "𝒳😀", [at(2, 0, "🎉")], "𝒳🎉😀"),
  fidelity("an emoji becomes one with the same high half", "a😀b", [at(1, 2, "😁")], "a😁b"),
  fidelity("ZWJ sequences and modifiers", "👩‍👩‍👧‍👦👍🏽", [at(8, 3, "")], "👩‍👩‍👧👍🏽"),
  fidelity("combining characters, not normalised", "e\u0301é", [at(1, 1, "\u0300")], "e\u0300é"),
  fidelity("CJK", "漢字かな한국어", [at(2, 2, "、")], "漢字、한국어"),
  fidelity("right to left", "שלום مرحبا", [at(4, 1, "\u200f")], "שלום\u200fمرحبا"),
  fidelity("the empty string", "", [at(0, 0, "")], ""),
  fidelity("an edit at offset 0", "first", [at(0, 5, "FIRST (corrected)")], "FIRST (corrected)"),
  fidelity("everything goes", "abc", [at(0, 3, "")], ""),
  fidelity("U+FFFD is a character like any other", "\ufffd", [at(1, 0, "\ufffd")], "\ufffd\ufffd"),
];

/** What a producer writes, one append after the other, and the text on the wire after each. */
function produced(name: string, ...written: string[]) {
  let source = new TextSource();
  let wire = "";
  const apply = ({ splices, written: held }: TextEdit) => {
    for (const { changed_offset: offset, removed, text } of splices.slice().reverse()) {
      wire = wire.slice(0, offset) + text + wire.slice(offset + removed);
    }
    source = new TextSource(Text.of(wire), held);
    return wire;
  };
  const steps = written.map((text) => ({ written: text, wire: apply(source.append(text)) }));
  return { name, steps, finished: apply(source.finish()) };
}

export const producers: readonly object[] = [
  produced("well-formed", "a", "😀", ""),
  produced("a pair in two halves", "a\ud83d", "\ude00b"),
  produced("a high half that nothing follows", "a\ud83d"),
  produced("a high half, then something else", "a\ud83d", "b"),
  produced("a lone low half", "a", "\ude00", "b"),
  produced("two high halves", "\ud83d\ud83d", "\ude00"),
  produced("low, then high", "\ude00\ud83d", "\ude01"),
];
