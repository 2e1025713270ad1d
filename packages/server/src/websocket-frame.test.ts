import { expect, test } from "vitest";
import { framed } from "./websocket-frame.js";

test.each([
  [0, [0]],
  [125, [125]],
  [126, [126, 0, 126]],
  [65_535, [126, 255, 255]],
  [65_536, [127, 0, 0, 0, 0, 0, 1, 0, 0]],
])("a message of %i bytes has the header of RFC 6455", (length, head) => {
  const message = new Uint8Array(length).fill(7);
  const frame = Buffer.concat(framed(message));
  expect([...frame.subarray(0, head.length + 1)]).toEqual([0x82, ...head]);
  expect(frame.subarray(head.length + 1).equals(message)).toBe(true);
});

test("a text is counted in bytes of UTF-8", () => {
  const text = "ä😀".repeat(21); // 126 bytes
  const frame = Buffer.concat(framed(text));
  expect([...frame.subarray(0, 4)]).toEqual([0x81, 126, 0, 126]);
  expect(frame.toString("utf8", 4)).toBe(text);
});

test("bytes of a large message are not copied, a text's are", () => {
  const large = new Uint8Array(20_000).subarray(100);
  const [head, body, ...more] = framed(large);
  expect(head).toHaveLength(4);
  expect(body?.buffer).toBe(large.buffer);
  expect([body?.byteOffset, body?.length]).toEqual([100, 19_900]);
  expect(more).toEqual([]);
  expect(framed(new Uint8Array(8191))).toHaveLength(1);
  expect(framed("a".repeat(20_000))).toHaveLength(1);
});
