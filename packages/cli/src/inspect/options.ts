import { parseArgs } from "node:util";
import { LIMITS } from "@deltawire/spec";
import { UsageError } from "../usage-error.js";

/** The page's first port to try. */
const PORT = 4690;

/** A channel of a server that is looked at. */
export interface LiveSource {
  readonly url: URL;
  readonly channel: string;
  /** What the server asks for to let anybody in. */
  readonly token?: string;
  /** Messages to begin with. */
  readonly last?: number;
}

/** What the command `inspect` is asked for. */
export interface InspectOptions {
  /** A channel, or the path of a recording. */
  readonly source: LiveSource | string;
  /** The page's first port; absent where there shall be no page. */
  readonly port?: number;
  /** A file to record to. */
  readonly record?: string;
  /** Whether totals are printed. */
  readonly text: boolean;
}

export const INSPECT_HELP = `deltawire inspect: what crosses the wire, frame by frame

Usage: deltawire inspect URL CHANNEL [options]     a channel as it is now, in a page on this machine
       deltawire inspect FILE [options]            a recording of one

  --token-env NAME   the environment variable with the token that the server asks for; it reaches
                     neither the page nor a URL nor the recording
  --last N           begin with the last N messages (default all)
  --port N           the page's port; the next free one if it is in use (default 4690)
  --record FILE      no page: record to a new file until Ctrl-C, to be opened later
  --text             no page: print a table of totals in the end; of a channel, after Ctrl-C
  --help             this

Examples
  deltawire inspect ws://127.0.0.1:4680/wire thread-42
  DELTAWIRE_TOKEN=… deltawire inspect wss://api.example.com/wire thread-42 \\
      --token-env DELTAWIRE_TOKEN --record thread-42.jsonl --text
  deltawire inspect thread-42.jsonl

A recording holds what was written in the channel: hand it on as you would that. The exit code is 0,
1 if the server let nobody in or the file could not be written, and 2 if an option cannot be used.
`;

/**
 * @param environment where `--token-env` looks
 * @throws UsageError
 */
export function parseInspectOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): InspectOptions | "help" {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}; see --help`);
  }
  const { values, positionals } = parsed;
  if (values.help) return "help";
  const { text, record } = values;
  const source = sourceOf(positionals, values, environment);
  if (typeof source === "string") {
    for (const name of ["record", "last", "token-env"] as const) {
      if (values[name] !== undefined) {
        throw new UsageError(`--${name} is for a channel: give its URL and its name`);
      }
    }
  }
  if (!text && record === undefined) {
    return { source, text, port: wholeOf("port", values.port ?? String(PORT), 0, 65_535) };
  }
  if (values.port !== undefined) {
    throw new UsageError("--port is the page's: leave it out with --record and --text");
  }
  return { source, text, ...(record !== undefined && { record }) };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "token-env": { type: "string" },
      last: { type: "string" },
      port: { type: "string" },
      record: { type: "string" },
      text: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
}

function sourceOf(
  [first, channel, ...rest]: readonly string[],
  { last, "token-env": name }: ReturnType<typeof parse>["values"],
  environment: Readonly<Record<string, string | undefined>>,
): LiveSource | string {
  if (first === undefined || rest.length > 0) {
    throw new UsageError("give a URL and a channel, or the file of a recording; see --help");
  }
  const isUrl = /^(ws|http)s?:\/\//i.test(first);
  if (channel === undefined) {
    if (isUrl) throw new UsageError(`name the channel of ${first} after it`);
    return first;
  }
  if (!isUrl || !URL.canParse(first)) {
    throw new UsageError(`${first} is no URL: give one such as ws://127.0.0.1:4680/wire`);
  }
  if (channel.length < 1 || channel.length > LIMITS.max_id_length) {
    throw new UsageError(`a channel's name has 1 to ${LIMITS.max_id_length} characters`);
  }
  const url = new URL(first);
  if (url.username || url.password) {
    throw new UsageError("a URL with a password is seen by others: use --token-env");
  }
  const token = name === undefined ? undefined : environment[name];
  if (name !== undefined && !token) {
    throw new UsageError(`the environment has no ${name}, or nothing in it (--token-env)`);
  }
  return {
    url,
    channel,
    ...(token !== undefined && { token }),
    ...(last !== undefined && { last: wholeOf("last", last, 1, 10_000) }),
  };
}

function wholeOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most)
    return value;
  throw new UsageError(`--${name} ${text}: give a whole number from ${least} to ${most}`);
}
