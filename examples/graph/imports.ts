import { posix } from "node:path";
import ts from "typescript";

/** Files that may import others. */
export const SOURCE: RegExp = /\.[cm]?[jt]sx?$/;

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/** What a file may be that is imported by the name that it has once it is compiled. */
const COMPILED: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** What a file imports, exports again, requires or loads, as it says it. */
export function importsIn(text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return [...new Set(importedFiles.map(({ fileName }) => fileName))];
}

/** Whether it means a file beside the one that says it, and no package. */
export const isRelative = (specifier: string): boolean => /^\.\.?(\/|$)/.test(specifier);

/** Whether it is not a style sheet, a picture or other data. */
export const mayBeSource = (specifier: string): boolean =>
  SOURCE.test(specifier) || !/\.\w+$/.test(specifier);

/** The package that is meant: its name alone. */
export function packageOf(specifier: string): string {
  const [first = "", second] = specifier.split("/");
  return first.startsWith("@") && second !== undefined ? `${first}/${second}` : first;
}

/**
 * The files that a relative specifier may mean, the best one first.
 *
 * @param from the path of the file that says it, from the folder's root, with `/`
 * @returns none for what is outside of the folder
 */
export function candidatesOf(from: string, specifier: string): string[] {
  const base = posix.join(posix.dirname(from), specifier).replace(/\/$/, "");
  if (base === ".." || base.startsWith("../")) return [];
  const extension = posix.extname(base);
  const stem = base.slice(0, base.length - extension.length);
  const sources = (COMPILED[extension] ?? []).map((source) => stem + source);
  const inside = base === "." ? "" : `${base}/`;
  return [
    ...sources,
    ...(SOURCE.test(base) ? [base] : []),
    ...EXTENSIONS.map((added) => base + added),
    ...EXTENSIONS.map((added) => `${inside}index${added}`),
  ];
}
