import { readFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { DeltawireError } from "@deltawire/client";
import { Recorder, type Recording, readRecording } from "@deltawire/inspector";
import { stopping } from "../serve/stopping.js";
import { UsageError } from "../usage-error.js";
import { follow } from "./following.js";
import { INSPECT_HELP, type InspectOptions, parseInspectOptions } from "./options.js";
import { type FileSource, InspectPage } from "./page.js";
import { totalsTable } from "./totals-table.js";

/**
 * Runs the command `inspect`; returns its exit code.
 *
 * @throws by rejection: UsageError, StartError
 */
export async function runInspect(args: readonly string[]): Promise<number> {
  const options = parseInspectOptions(args, process.env);
  if (options === "help") {
    console.log(INSPECT_HELP);
    return 0;
  }
  const { source, port } = options;
  if (typeof source !== "string") {
    if (port === undefined) await followed(options);
    else await shown(await InspectPage.open({ source, port }), port);
    return 0;
  }
  const { text, name, recording } = read(source);
  if (recording.isCut) console.error(`${source} ends in the middle of a line: the rest is shown`);
  if (port !== undefined)
    await shown(await InspectPage.open({ source: { text, name }, port }), port);
  else console.log(totalsTable(new Recorder(recording, { maxRows: 1, notify: () => undefined })));
  return 0;
}

/** Prints the page's address, and keeps it until a signal. */
async function shown(page: InspectPage, asked: number): Promise<void> {
  const { asked: stopped } = stopping();
  const taken = page.port === asked || asked === 0 ? "" : ` (port ${asked} is in use)`;
  console.log(`${page.url}${taken}\n\nOpen it in a browser; Ctrl-C ends it.`);
  await stopped;
  await page.close();
}

async function followed({ source, record, text }: InspectOptions): Promise<void> {
  if (typeof source === "string") return;
  const { signal } = stopping();
  const goal = record === undefined ? "" : `, to ${record}`;
  console.error(`Following ${source.channel}${goal}; Ctrl-C ends it.`);
  const { recorder, events } = await follow(source, record, signal);
  if (record !== undefined) console.error(`Recorded ${events} events to ${record}.`);
  if (text) console.log(totalsTable(recorder));
}

/** @throws UsageError */
function read(path: string): FileSource & { readonly recording: Recording } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
  try {
    return { text, name: basename(path), recording: readRecording(text) };
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    throw new UsageError(`${path} is no recording that can be read: ${error.message}`);
  }
}
