import { type Flag, type FlagGroup, MIGRATE_FLAGS, SERVE_FLAGS, variableOf } from "./flags.js";

/** Columns of the help: those of the flags, and all. */
const INDENT = 28;
const WIDTH = 98;

export const SERVE_HELP: string = `deltawire serve: the server, as a command

Usage: deltawire serve [options]

Every option can be given by environment instead, by the name in brackets; a flag wins over that.
TIME is seconds, or has a unit: 90, 250ms, 15m, 12h, 30d. SIZE is bytes, or has one: 65536, 64k, 8m.

${textOf(SERVE_FLAGS)}
A JWT names its user as "sub", ends at "exp", and says what it allows, "*" being any text:
  { "sub": "ann", "exp": 1767225600,
    "deltawire": { "subscribe": ["thread-*"], "produce": ["thread-42"], "command": ["thread-42"] } }

Examples
  deltawire serve --data ./data
      for this machine alone, and what was written is there after a restart
  DELTAWIRE_TOKEN=$(openssl rand -hex 24) deltawire serve --host 0.0.0.0 --data /var/lib/deltawire
      for everybody who has the token
  deltawire serve --host 0.0.0.0 --redis redis://redis:6379 --postgres-file /run/secrets/postgres \\
      --jwks https://id.example.com/jwks.json --jwt-audience wire --origins https://app.example.com
      one of any number of servers, for the users of an application

Its address is printed on standard output, in one line, once clients can come in. The exit code is 0
after a signal, 1 if it could not start, could not go on or did not stop in time, and 2 if an option
cannot be used.
`;

export const MIGRATE_HELP: string = `deltawire migrate: makes the tables in PostgreSQL, or brings them up to date

Usage: deltawire migrate --postgres URL

\`deltawire serve\` does the same when it starts; this is for a deploy in which only one step may
change tables. It does nothing where all is up to date, and several may run at once.

${textOf(MIGRATE_FLAGS)}
The exit code is 0 if the tables are up to date, 1 if they could not be made, and 2 if an option
cannot be used.
`;

function textOf(groups: readonly FlagGroup[]): string {
  return groups
    .map(({ title, flags }) => `${[title, ...flags.map(entryOf)].join("\n")}\n`)
    .join("\n");
}

function entryOf({ name, value, text, otherwise }: Flag): string {
  const end = `${otherwise ? ` (default ${otherwise})` : ""} [${variableOf(name)}]`;
  const lines = wrap(text + end, WIDTH - INDENT);
  const head = `  --${name} ${value}`;
  const isLong = head.length > INDENT - 2;
  const margin = " ".repeat(INDENT);
  const [first = "", ...rest] = lines;
  return [
    ...(isLong ? [head, margin + first] : [head.padEnd(INDENT) + first]),
    ...rest.map((line) => margin + line),
  ].join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
