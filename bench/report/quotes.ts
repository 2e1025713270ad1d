import type { Results } from "../results.js";
import { needsTable } from "../scaling/needs.js";
import { at } from "./figures.js";
import { bytes, count, ratio, time } from "./format.js";
import { highlights } from "./highlights.js";

/**
 * A number of the results in a document, between two comments that no reader sees. The first names
 * it: by its path in the results, by two of them as a quotient, or `highlights` or `needs`, a table.
 *
 *     <!-- bench wire.agent.deltawire.ratio -->1.17<!-- /bench -->
 *     <!-- bench idle.ws.bytesPerConnection as bytes -->11.2 kB<!-- /bench -->
 */
const QUOTE = /<!-- bench (.+?) -->([\s\S]*?)<!-- \/bench -->/g;
const MARK = /<!-- \/?bench\b/g;

/** Code, in which a quote is an example. */
const CODE = /(^ *```[\s\S]*?^ *```)/m;

const UNITS: Readonly<Record<string, (value: number) => string>> = { bytes, count, ratio, time };

/** What a quote says. @throws Error where the results have no such number */
function said(name: string, results: Results): string {
  if (name === "highlights") return `\n${highlights(results)}\n`;
  if (name === "needs") return `\n${needsTable(results)}\n`;
  const [, over = "", under, unit = "ratio"] =
    /^(\S+?)(?: \/ (\S+?))?(?: as (\w+))?$/.exec(name) ?? [];
  const number = (path: string): number => {
    const value = at(results, path.split("."));
    if (typeof value !== "number") throw new Error(`no number at "${path}" in the results`);
    return value;
  };
  const format = UNITS[unit];
  if (format === undefined) throw new Error(`no unit "${unit}"`);
  return format(under === undefined ? number(over) : number(over) / number(under));
}

/** A document with every quote as the results have it. */
export const quoted = (document: string, results: Results): string =>
  document
    .split(CODE)
    .map((piece, i) =>
      i % 2 === 1
        ? piece // code
        : piece.replace(
            QUOTE,
            (_, name: string) => `<!-- bench ${name} -->${said(name, results)}<!-- /bench -->`,
          ),
    )
    .join("");

/** What a document quotes wrongly, a line each. */
export function misquotes(document: string, results: Results): string[] {
  const prose = document
    .split(CODE)
    .filter((_, i) => i % 2 === 0)
    .join("");
  const quotes = [...prose.matchAll(QUOTE)];
  const wrong = quotes.flatMap(([, name = "", value = ""]) => {
    try {
      const right = said(name, results);
      return right === value ? [] : [`"${name}" is ${right.trim()}, not ${value.trim()}`];
    } catch (error) {
      return [String(error)];
    }
  });
  const marks = prose.match(MARK)?.length ?? 0;
  return marks === 2 * quotes.length ? wrong : [...wrong, "a quote of the results has no end"];
}
