/** A picture that a document shows. */
export interface Chart {
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

/** Text of these greys is legible on white and on GitHub's dark ground alike. */
const STYLE = `
    text { fill: #737d8c }
    .ours { fill: #3b82f6; font-weight: 600 }
    .title { font-size: 15px; font-weight: 600 }
    .grid { stroke: #737d8c; stroke-opacity: .25 }
    .line { fill: none; stroke: #8b95a3; stroke-width: 1.5 }
    .line.mine { stroke: #3b82f6; stroke-width: 3 }
    .mark { fill: #8b95a3 }
    .mark.mine { fill: #3b82f6 }
    .ring { fill: none; stroke: #8b95a3; stroke-width: 2 }
    .ring.mine { stroke: #3b82f6 }`;

const WIDTH = 760;

/** An SVG document; `description` says in words what it shows. */
export function picture(
  title: string,
  description: string,
  height: number,
  body: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13">
  <title id="t">${escaped(title)}</title>
  <desc id="d">${escaped(description)}</desc>
  <style>${STYLE}
  </style>
  ${[text(0, 18, title, "title"), ...body].join("\n  ")}
</svg>
`;
}

const escaped = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const short = (value: number): string => String(Math.round(10 * value) / 10);

/** Words, from `x` on, around it or up to it. */
export function text(
  x: number,
  y: number,
  words: string,
  name = "",
  anchor: "start" | "middle" | "end" = "start",
): string {
  const named = name === "" ? "" : ` class="${name}"`;
  const anchored = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${short(x)}" y="${short(y)}"${named}${anchored}>${escaped(words)}</text>`;
}

/** A straight line. */
export const line = (name: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<path class="${name}" d="M${short(x1)} ${short(y1)}L${short(x2)} ${short(y2)}"/>`;

/** A line through points. */
export const path = (name: string, points: readonly (readonly [number, number])[]): string =>
  `<path class="${name}" d="M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join("L")}"/>`;

export const circle = (name: string, x: number, y: number, radius: number): string =>
  `<circle class="${name}" cx="${short(x)}" cy="${short(y)}" r="${radius}"/>`;

export const bar = (name: string, x: number, y: number, width: number, height: number): string =>
  `<rect class="${name}" x="${short(x)}" y="${short(y)}" width="${short(Math.max(1, width))}" height="${height}" rx="2"/>`;

/** Where a value stands on a logarithmic axis. */
export function logarithmic(
  values: readonly number[],
  from: number,
  to: number,
): { readonly at: (value: number) => number; readonly powers: readonly number[] } {
  const least = Math.log10(Math.min(...values));
  const most = Math.log10(Math.max(...values));
  const room = Math.max(0.1, most - least);
  const powers: number[] = [];
  for (let power = Math.ceil(least); power <= most; power++) powers.push(10 ** power);
  return { at: (value) => from + ((Math.log10(value) - least) / room) * (to - from), powers };
}
