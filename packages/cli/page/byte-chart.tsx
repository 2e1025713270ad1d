import { type ReactElement, useEffect, useRef, useState } from "react";
import type { BytePoint } from "./byte-history.js";
import { bytes } from "./quantity.js";

/** Powers of ten between which the chart is drawn: 100 B to 100 MB. */
const LOW = 2;
const HIGH = 8;

const MARGIN = { top: 8, right: 18, bottom: 22, left: 52 };

/** Seconds that the chart shows at least. */
const MIN_SECONDS = 10;

const LINES = ["resending", "deltawire", "text"] as const;

/** Bytes over time on a logarithmic scale; {@link ByteTable} says the same in words. */
export function ByteChart({ points }: { readonly points: readonly BytePoint[] }): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  const [{ width, height }, setSize] = useState({ width: 480, height: 200 });
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  const seconds = Math.max(MIN_SECONDS, points.at(-1)?.seconds ?? 0);
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const x = (at: number): number => MARGIN.left + (at / seconds) * (right - MARGIN.left);
  const y = (count: number): number => {
    const power = Math.log10(Math.max(count, 10 ** LOW));
    return bottom - ((power - LOW) / (HIGH - LOW)) * (bottom - MARGIN.top);
  };
  const path = (line: (typeof LINES)[number]): string =>
    points
      .map(
        (point, i) => `${i ? "L" : "M"}${x(point.seconds).toFixed(1)} ${y(point[line]).toFixed(1)}`,
      )
      .join("");
  return (
    <div className="chart" ref={frame}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label="Bytes over time on a logarithmic scale; the table below has the numbers."
      >
        {powers().map((power) => (
          <g key={power} className="grid">
            <line x1={MARGIN.left} x2={right} y1={y(10 ** power)} y2={y(10 ** power)} />
            <text x={MARGIN.left - 8} y={y(10 ** power)} dy="0.32em" textAnchor="end">
              {bytes(10 ** power).replace(".0", "")}
            </text>
          </g>
        ))}
        {ticks(seconds).map((at) => (
          <text key={at} className="tick" x={x(at)} y={height - 5} textAnchor="middle">
            {at} s
          </text>
        ))}
        {LINES.map((line) => (
          <path key={line} data-line={line} d={path(line)} />
        ))}
      </svg>
    </div>
  );
}

function powers(): number[] {
  return Array.from({ length: HIGH - LOW + 1 }, (_, i) => LOW + i);
}

/** Some five round times. */
function ticks(seconds: number): number[] {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((each) => seconds / each <= 6) ?? 7200;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
}
