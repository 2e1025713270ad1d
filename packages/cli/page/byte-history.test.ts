import { expect, test } from "vitest";
import type { LineReport, PageReport, TurnReport } from "../src/page/report.js";
import { ByteHistory } from "./byte-history.js";

const line = (name: string, down: number): LineReport => ({
  name,
  network: "live",
  down,
  up: 0,
  frames: 0,
  connections: 1,
  open: 1,
  joinBytes: 0,
});

function report(at: number, down: number, turn?: Partial<TurnReport>): PageReport {
  const whole: TurnReport = {
    message: "turn-1",
    status: "running",
    steps: 0,
    of: 100,
    rate: 100,
    rawBytes: 0,
    naiveBytes: 0,
    ...turn,
  };
  return {
    at,
    server: { is: "up", restarts: 0 },
    network: "live",
    ...(turn && { turn: whole }),
    editor: line("editor", 0),
    visitor: line("visitor", 0),
    viewers: [line("v", down)],
  };
}

test("counts from the turn's beginning until the viewer has it all", () => {
  const history = new ByteHistory();
  history.take(report(1000, 300), "v", false);
  history.take(report(1100, 310, { rawBytes: 5, naiveBytes: 5 }), "v", false);
  history.take(report(2100, 420, { rawBytes: 100, naiveBytes: 900 }), "v", false);
  history.take(
    report(2200, 450, { status: "completed", rawBytes: 120, naiveBytes: 999 }),
    "v",
    false,
  );
  history.take(
    report(2300, 460, { status: "completed", rawBytes: 120, naiveBytes: 999 }),
    "v",
    true,
  );
  history.take(
    report(9900, 999, { status: "completed", rawBytes: 120, naiveBytes: 999 }),
    "v",
    true,
  );
  const { points } = history.measured.get();
  expect(points.map(({ deltawire }) => deltawire)).toEqual([10, 120, 150, 160]);
  expect(points.at(-1)).toEqual({ seconds: 1.2, text: 120, deltawire: 160, resending: 999 });
});

test("begins anew with each turn", () => {
  const history = new ByteHistory();
  history.take(report(0, 0, { rawBytes: 5 }), "v", false);
  history.take(report(100, 700, { status: "completed", rawBytes: 500 }), "v", true);
  history.take(report(200, 720, { message: "turn-2" }), "v", false);
  expect(history.measured.get()).toEqual({
    turn: "turn-2",
    points: [{ seconds: 0, text: 0, deltawire: 20, resending: 0 }],
  });
});

test("keeps a bounded number of points of a turn that takes hours, the first and the last among them", () => {
  const history = new ByteHistory();
  for (let i = 0; i <= 40_000; i++) history.take(report(100 * i, i, { rawBytes: i }), "v", false);
  const { points } = history.measured.get();
  expect(points.length).toBeLessThanOrEqual(400);
  expect(points.length).toBeGreaterThan(100);
  expect(points[0]?.seconds).toBe(0);
  expect(points.at(-1)).toMatchObject({ seconds: 4000, text: 40_000 });
  const gaps = points.slice(1).map(({ seconds }, i) => seconds - (points[i]?.seconds ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(0);
  expect(Math.max(...gaps)).toBeLessThan(4000 / 100);
});

test("who comes after the end has what it takes to join", () => {
  const history = new ByteHistory();
  const turn = { status: "completed", steps: 100, rawBytes: 120, naiveBytes: 999 } as const;
  history.take(report(0, 0, turn), "v", false);
  history.take(report(100, 150, turn), "v", true);
  history.take(report(200, 190, turn), "v", true);
  const points = [{ seconds: 1.1, text: 120, deltawire: 150, resending: 999 }];
  expect(history.measured.get()).toEqual({ turn: "turn-1", points });
});
