import { closeSync, openSync, writeSync } from "node:fs";
import { connect } from "@deltawire/client";
import { eventLines, headLine, Recorder } from "@deltawire/inspector";
import { StartError } from "../serve/start-error.js";
import { UsageError } from "../usage-error.js";
import type { LiveSource } from "./options.js";

/** What following a channel has come to. */
export interface Followed {
  readonly recorder: Recorder;
  /** Events that were recorded. */
  readonly events: number;
}

/**
 * Follows a channel without a page, until it is told to stop; what comes goes to a file, if one is
 * named, as it comes. Rows are not kept.
 *
 * @throws by rejection: UsageError where the file is there already; StartError where the server lets
 *   nobody in, or the file cannot be written
 */
export async function follow(
  { url, channel: name, token, last }: LiveSource,
  record: string | undefined,
  stop: AbortSignal,
): Promise<Followed> {
  const file = record === undefined ? undefined : open(record);
  const recorder = new Recorder(undefined, { maxRows: 1, notify: () => undefined });
  const wire = connect(url.href, token === undefined ? {} : { token });
  let events = 0;
  let isTold = false;
  try {
    await new Promise<void>((done, fail) => {
      stop.addEventListener("abort", () => done());
      wire.tap((event) => {
        try {
          if (file !== undefined) for (const line of eventLines(event)) writeSync(file, line);
          recorder.take(event);
          events += 1;
        } catch (error) {
          const what = error instanceof Error ? error.message : String(error);
          fail(new StartError(`cannot record to ${record}: ${what}`));
        }
      });
      const channel = wire.channel(name, last === undefined ? {} : { last });
      const check = () => {
        if (channel.error) fail(new StartError(`cannot follow ${name}: ${channel.error.message}`));
        if (wire.status.is === "stopped") {
          fail(new StartError(`cannot follow ${name}: ${wire.status.error.message}`));
        }
        if (wire.status.is === "live") isTold = false;
        if (wire.status.is === "offline" && !isTold) {
          isTold = true;
          const what = `No connection to ${url.host}${url.pathname}: ${wire.status.error.message}`;
          console.error(`${what}. Check the address; it is tried again until Ctrl-C.`);
        }
      };
      channel.subscribe(check);
      wire.subscribe(check);
      if (stop.aborted) done();
    });
  } finally {
    await wire.close();
    if (file !== undefined) closeSync(file);
  }
  return { recorder, events };
}

function open(path: string): number {
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw new UsageError(`--record ${path}: it is there already; name a new file`);
    }
    const what = error instanceof Error ? error.message : String(error);
    throw new StartError(`cannot record to ${path}: ${what}`);
  }
  writeSync(file, headLine());
  return file;
}
