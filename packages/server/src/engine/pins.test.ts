import { ChannelState, SharedFrame } from "@deltawire/protocol";
import { expect, test, vi } from "vitest";
import { Pins } from "./pins.js";

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

test("chunks are kept for others up to a number, and a size", () => {
  const pin = new Pins().take(reader(), at(1), undefined, always);
  const made = vi.fn(() => {
    const head = { type: "snapshot", channel: "c", request: 1, epoch: "e", seq: 1 } as const;
    return new SharedFrame({ ...head, messages: [] }, undefined);
  });
  const share = (place: number, size: number) => pin.share(String(place), made, () => size);
  const isKept = (place: number, size: number) => {
    const { length } = made.mock.calls;
    share(place, size);
    return made.mock.calls.length === length;
  };
  for (let i = 0; i < 1000; i++) share(i, 1000);
  expect([999, 872, 871].map((place) => isKept(place, 1000))).toEqual([true, true, false]);
  for (let i = 1000; i < 1100; i++) share(i, 1 << 20);
  expect([1099, 1096, 1095].map((place) => isKept(place, 1 << 20))).toEqual([true, true, false]);
  share(2000, 1 << 24);
  expect(isKept(2000, 1 << 24)).toBe(false);
  share(2001, 1000);
  expect(isKept(2001, 1000)).toBe(true);
});
