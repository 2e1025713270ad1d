import { ChannelState, SharedFrame } from "@deltawire/protocol";
import { expect, test, vi } from "vitest";
import { type Pin, Pins } from "./pins.js";

const at = (seq: number) => ChannelState.of("e", { seq });
const reader = () => ({ unpin: vi.fn() });
const always = () => true;

test("readers share a state from which there is a way on", () => {
  const pins = new Pins();
  const pin = pins.take(reader(), at(5), undefined, always);
  expect(pins.take(reader(), at(7), undefined, always)).toBe(pin);
  expect(pins.take(reader(), at(5), undefined, () => false)).toBe(pin); // it is the present one
  expect(pins.take(reader(), at(7), undefined, () => false).state.seq).toBe(7);
});

test("nobody is sent a state that is older than what it has", () => {
  const pins = new Pins();
  pins.take(reader(), at(5), undefined, always);
  expect(pins.take(reader(), at(7), 4, always).state.seq).toBe(5);
  expect(pins.take(reader(), at(7), 5, always).state.seq).toBe(7);
});

test("there are two: the readers of the oldest are told, and counted once a state", () => {
  const pins = new Pins();
  const [a, b, c, d] = [reader(), reader(), reader(), reader()];
  const oldest = pins.take(a, at(1), undefined, always);
  pins.take(b, at(1), undefined, always);
  pins.take(c, at(2), 1, always);
  expect(pins.dropped).toBe(0);
  pins.take(d, at(3), 2, always);
  expect([a, b, c, d].map(({ unpin }) => unpin.mock.calls.length)).toEqual([1, 1, 0, 0]);
  expect(pins.dropped).toBe(1);
  pins.release(oldest, a); // it is not there any more
  expect(pins.size).toBe(2);
});

test("a state that nobody reads is not kept", () => {
  const pins = new Pins();
  const [a, b] = [reader(), reader()];
  const pin = pins.take(a, at(1), undefined, always);
  pins.take(b, at(1), undefined, always);
  pins.release(pin, a);
  expect(pins.size).toBe(1);
  pins.release(pin, a);
  pins.release(pin, b);
  expect(pins.size).toBe(0);
});

/** Chunks of a state, and how many were made. */
function chunksOf(pin: Pin) {
  const made = vi.fn(() => {
    const head = { type: "snapshot", channel: "c", request: 1, epoch: "e", seq: 1 } as const;
    return new SharedFrame({ ...head, messages: [] });
  });
  const share = (place: number, size: number) => pin.share(String(place), made, () => size);
  const isKept = (place: number, size: number) => {
    const { length } = made.mock.calls;
    share(place, size);
    return made.mock.calls.length === length;
  };
  return { made, share, isKept };
}

test("chunks are kept for others up to a number, and a size", () => {
  const { share, isKept } = chunksOf(new Pins().take(reader(), at(1), undefined, always));
  for (let i = 0; i < 1000; i++) share(i, 1000);
  expect([999, 488, 487].map((place) => isKept(place, 1000))).toEqual([true, true, false]);
  for (let i = 1000; i < 1100; i++) share(i, 1 << 20);
  expect([1099, 1094, 1093].map((place) => isKept(place, 1 << 20))).toEqual([true, true, false]);
  share(2000, 1 << 24);
  expect(isKept(2000, 1 << 24)).toBe(false);
  share(2001, 1000);
  expect(isKept(2001, 1000)).toBe(true);
});

test("what the system takes for a connection that is not read is made once for all of them", () => {
  const { made, share } = chunksOf(new Pins().take(reader(), at(1), undefined, always));
  const chunk = 16_500;
  const taken = Math.ceil((5 << 20) / chunk); // Linux: 4 MiB here, and what is received there
  for (let reader = 0; reader < 3; reader++) {
    for (let place = 0; place < taken; place++) share(place, chunk);
  }
  expect(made).toHaveBeenCalledTimes(taken);
});
