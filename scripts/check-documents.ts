// Checks what the documents claim: relative links lead somewhere, the tests that GUARANTEES.md names
// are there, what was measured is quoted as it was measured, and the TypeScript in a README compiles
// against the packages. What a block needs and a reader does not want to see stands in an HTML comment
// above it that begins with "<!-- ts".
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { latest, outdated } from "../bench/report/files.js";
import { misquotes } from "../bench/report/quotes.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const documents = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
  { cwd: root, encoding: "utf8" },
)
  .split("\n")
  .filter((file) => file !== "" && !file.startsWith(".changeset/") && existsSync(join(root, file)));

const withoutCode = (text: string): string =>
  text
    .replace(/^ *(`{3,}|~{3,})[\s\S]*?^ *\1/gm, (block) => block.replace(/[^\n]/g, ""))
    .replace(/`[^`\n]*`/g, "");

/** The anchors of a document, as GitHub derives them from its headings. */
function anchors(file: string): Set<string> {
  const text = readFileSync(file, "utf8");
  const found = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map((m) => m[1] ?? ""));
  const seen = new Map<string, number>();
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    found.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return found;
}

function brokenLinks(document: string): string[] {
  const file = join(root, document);
  const text = withoutCode(readFileSync(file, "utf8"));
  const targets = [
    ...[...text.matchAll(/\]\(<?([^)\s>]+)>?(?: +"[^"]*")?\)/g)].map((m) => m[1] ?? ""),
    ...[...text.matchAll(/^\[[^\]]+\]: +(\S+)/gm)].map((m) => m[1] ?? ""),
    ...[...text.matchAll(/(?:src|href|srcset)="([^"]+)"/g)].map((m) => m[1] ?? ""),
  ];
  return targets.filter((target) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return false;
    const [path = "", anchor] = target.split("#");
    const to = path === "" ? file : resolve(dirname(file), decodeURI(path));
    if (!existsSync(to)) return true;
    return anchor !== undefined && extname(to) === ".md" && !anchors(to).has(anchor);
  });
}

/** Tests that GUARANTEES.md names and that are not there, and rows that name none. */
function missingTests(): string[] {
  const rows = readFileSync(join(root, "GUARANTEES.md"), "utf8").match(/^\| L\d+ .*$/gm) ?? [];
  return rows.flatMap((row) => {
    const [number = "", , tests = ""] = row.split(" | ").map((cell) => cell.replace(/^\| /, ""));
    const named = [...tests.matchAll(/`([^`]+\.test\.ts)`((?:,? "[^"]+")+)/g)];
    if (named.length === 0 && !tests.startsWith("not built")) return [`${number} names no test`];
    return named.flatMap(([, file = "", titles = ""]) => {
      const source = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
      return [...titles.matchAll(/"([^"]+)"/g)]
        .filter(([quoted, title = ""]) => !source.includes(quoted) || !title.includes(number))
        .map(([quoted]) => `${number}: no ${quoted} in ${file}`);
    });
  });
}

/** Numbers that are not those of the results, and documents that were not written from them. */
function wrongNumbers(): string[] {
  const results = latest();
  const wrong = documents.flatMap((file) =>
    misquotes(readFileSync(join(root, file), "utf8"), results).map((what) => `${file}: ${what}`),
  );
  if (wrong.length > 0) return wrong;
  return outdated(results).map((file) => `${file}: not what "npm run bench -- report" writes`);
}

/** Each block as a module in which every line has the number that it has in the document. */
function codeBlocks(document: string): Map<string, string> {
  const blocks = new Map<string, string>();
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  let module = lines.map(() => "");
  let inside: "prelude" | "ts" | "tsx" | undefined;
  for (const [i, line] of lines.entries()) {
    const language = /^```(tsx?)\b/.exec(line)?.[1];
    if (inside === undefined && line.startsWith("<!-- ts")) inside = "prelude";
    else if (inside === undefined && language !== undefined)
      inside = language === "ts" ? "ts" : "tsx";
    else if (inside === "prelude" && line.startsWith("-->")) inside = undefined;
    else if (inside !== undefined && inside !== "prelude" && line.startsWith("```")) {
      const name = `${basename(document, ".md")}.line-${i + 1}.${inside}`;
      blocks.set(join(root, dirname(document), name), `${module.join("\n")}\nexport {};\n`);
      module = lines.map(() => "");
      inside = undefined;
    } else if (inside !== undefined) module[i] = line;
  }
  return blocks;
}

function compile(blocks: ReadonlyMap<string, string>): readonly ts.Diagnostic[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    root,
  );
  const host = ts.createCompilerHost({
    ...options,
    isolatedDeclarations: false,
    declaration: false,
  });
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => blocks.has(file) || fileExists(file);
  host.readFile = (file) => blocks.get(file) ?? readFile(file);
  host.getSourceFile = (file, languageOptions, ...rest) => {
    const block = blocks.get(file);
    return block === undefined
      ? getSourceFile(file, languageOptions, ...rest)
      : ts.createSourceFile(file, block, languageOptions);
  };
  const program = ts.createProgram({
    rootNames: [...blocks.keys()],
    options: { ...options, isolatedDeclarations: false, declaration: false },
    host,
  });
  return [...blocks.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
}

const broken = documents.flatMap((file) => brokenLinks(file).map((to) => `${file}: no such ${to}`));
broken.push(...missingTests().map((what) => `GUARANTEES.md: ${what}`));
broken.push(...wrongNumbers());
const readmes = documents.filter((file) => basename(file) === "README.md");
const blocks = new Map(readmes.flatMap((file) => [...codeBlocks(file)]));
const errors = compile(blocks);

for (const line of broken) console.log(line);
if (errors.length > 0) {
  console.log(
    ts.formatDiagnostics(errors, {
      getCanonicalFileName: (file) => file,
      getCurrentDirectory: () => root,
      getNewLine: () => "\n",
    }),
  );
}
console.log(`${documents.length} documents, ${blocks.size} code blocks`);
process.exitCode = broken.length + errors.length > 0 ? 1 : 0;
