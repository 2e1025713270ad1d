import type { PageReport } from "../src/page/report.js";
import { Store } from "./store.js";

/** How many bytes there were at a time of the turn. */
export interface BytePoint {
  /** Seconds since the turn began. */
  readonly seconds: number;
  /** UTF-8 of the text that the editor inserted. */
  readonly text: number;
  /** What one viewer got over Deltawire. */
  readonly deltawire: number;
  /** What it would have got if everything was sent again with every token. */
  readonly resending: number;
}

/** What of a turn has been measured. */
export interface Measured {
  readonly turn: string | undefined;
  readonly points: readonly BytePoint[];
}

/** Points that are kept: past that, every second one is let go of. */
const MAX_POINTS = 400;

/** The bytes of the newest turn over time, as the demo's proxy has counted them. */
export class ByteHistory {
  readonly measured: Store<Measured> = new Store<Measured>({ turn: undefined, points: [] });
  /** Bytes of each viewer's line before the turn began. */
  #before: ReadonlyMap<string, number> = new Map();
  #last: PageReport | undefined;
  #beganAt = 0;
  #step = 0;
  #isSettled = true;

  /**
   * Takes what the demo has told.
   *
   * @param viewer the line that is measured
   * @param isDone whether that viewer has the whole turn: what follows is no cost of it
   */
  take(report: PageReport, viewer: string, isDone: boolean): void {
    const { turn } = report;
    if (turn && turn.message !== this.measured.get().turn) this.#begin(report, turn.message);
    this.#last = report;
    if (!turn || this.#isSettled) return;
    this.#isSettled = isDone && turn.status !== "running";
    const seconds = (report.at - this.#beganAt) / 1000;
    const { points } = this.measured.get();
    // Who comes after the end has one number, what it takes to join, and nothing over time.
    if (points.length === 0 && turn.status !== "running" && !isDone) return;
    const point = {
      seconds,
      text: turn.rawBytes,
      deltawire: this.since(report, viewer),
      resending: turn.naiveBytes,
    };
    this.measured.set({ turn: turn.message, points: this.#with(points, point) });
  }

  /** Bytes that a viewer got since the turn began, or since it came. */
  since(report: PageReport, viewer: string): number {
    const line = report.viewers.find(({ name }) => name === viewer);
    return line ? Math.max(0, line.down - (this.#before.get(viewer) ?? 0)) : 0;
  }

  #begin(report: PageReport, turn: string): void {
    const lines = this.#last?.viewers ?? [];
    this.#before = new Map(lines.map(({ name, down }) => [name, down]));
    // Of a turn that was under way when this page came, the beginning is told by its rate.
    const { steps = 0, rate = 1 } = report.turn ?? {};
    this.#beganAt = report.at - (1000 * steps) / rate;
    this.#step = 0;
    this.#isSettled = false;
    this.measured.set({ turn, points: [] });
  }

  #with(points: readonly BytePoint[], point: BytePoint): readonly BytePoint[] {
    const [before, last] = points.slice(-2);
    // The last one stays only where it is a step from the one before: else the new one replaces it.
    const isClose = before && last && last.seconds - before.seconds < this.#step;
    const next = [...(isClose ? points.slice(0, -1) : points), point];
    if (next.length <= MAX_POINTS) return next;
    this.#step = Math.max(2 * this.#step, (2 * point.seconds) / MAX_POINTS);
    return next.filter((_, i) => i % 2 === 0 || i === next.length - 1);
  }
}
