import type { TapEvent } from "@deltawire/client";
import { expect, test } from "vitest";
import { Playback, type PlaybackClock } from "./playback.js";
import type { Recording } from "./read-recording.js";
import { opened } from "./testing/events.js";

/** Time that passes when it is told to. */
class TestClock implements PlaybackClock {
  #now = 1000;
  readonly timers: Set<{ at: number; run: () => void }> = new Set();

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): () => void {
    const timer = { at: this.#now + delay, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [due] = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!due) break;
      this.timers.delete(due);
      this.#now = due.at;
      due.run();
    }
    this.#now = end;
  }
}

function playbackOf(times: readonly number[]): {
  playback: Playback;
  clock: TestClock;
  told: number[];
} {
  const clock = new TestClock();
  const events: TapEvent[] = times.map(opened);
  const recording: Recording = {
    ...{ origin: undefined, gone: { rows: 0, bytes: 0 }, events, isCut: false },
    tap: () => () => undefined,
  };
  const playback = new Playback(recording, clock);
  const told: number[] = [];
  playback.tap(({ at }) => told.push(at));
  return { playback, clock, told };
}

test("tells events at the pace at which they came, and stops at the end", () => {
  const { playback, clock, told } = playbackOf([500, 600, 605, 900]);
  expect(playback).toMatchObject({ length: 4, position: 0, isPlaying: false });
  playback.play();
  clock.advance(20);
  expect(told).toEqual([500]);
  clock.advance(80);
  expect(told).toEqual([500, 600]);
  clock.advance(20);
  expect(told).toEqual([500, 600, 605]);
  expect(playback.isPlaying).toBe(true);
  clock.advance(300);
  expect(told).toEqual([500, 600, 605, 900]);
  expect(playback).toMatchObject({ position: 4, isPlaying: false });
  expect(clock.timers.size).toBe(0);
});

test("pauses where it is, and goes on faster", () => {
  const { playback, clock, told } = playbackOf([0, 1000, 3000]);
  playback.play();
  clock.advance(600);
  playback.pause();
  clock.advance(60_000);
  expect(told).toEqual([0]);
  playback.play(10); // 400 ms are left, then 2000
  clock.advance(45);
  expect(told).toEqual([0, 1000]);
  clock.advance(150);
  expect(told).toEqual([0, 1000]);
  clock.advance(60);
  expect(told).toEqual([0, 1000, 3000]);
});

test("a silence is cut short, and so is one of for ever", () => {
  const { playback, clock, told } = playbackOf([0, 3_600_000, 1e300]);
  playback.play();
  clock.advance(20 + 5000);
  expect(told).toEqual([0, 3_600_000]);
  clock.advance(20 + 5000);
  expect(told).toHaveLength(3);
});

test("as fast as can be is still not one task, and a pause then loses nothing", () => {
  const { playback, clock, told } = playbackOf(Array.from({ length: 12_000 }, (_, i) => i * 10));
  playback.play(Number.POSITIVE_INFINITY);
  clock.advance(17);
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(12_000);
  playback.pause();
  const { length } = told;
  playback.play();
  clock.advance(100);
  expect(told.length - length).toBeLessThan(20);
  playback.play(Number.POSITIVE_INFINITY);
  clock.advance(100);
  expect(told).toHaveLength(12_000);
});

test("time that runs backwards is told at once; a speed is above 0", () => {
  const { playback, clock, told } = playbackOf([500, 100, 600]);
  playback.play();
  clock.advance(20);
  expect(told).toEqual([500, 100]);
  expect(() => playback.play(0)).toThrow(RangeError);
  expect(() => playback.play(Number.NaN)).toThrow(RangeError);
});
