import { readFile } from "node:fs/promises";
import type { Input } from "../peer.js";

const FOLDER = new URL("../fixtures/", import.meta.url);

/**
 * A terminal in which this repository's tests ran, as `script` (util-linux) has recorded it: what
 * came, and for each piece how many seconds it was waited for and how many bytes it has.
 */
export async function terminal(): Promise<Input> {
  const output = await readFile(new URL("terminal.out", FOLDER));
  const timing = await readFile(new URL("terminal.timing", FOLDER), "utf8");
  const part = "terminal";
  const steps: Input["steps"][number][] = [{ at: 0, edits: [{ is: "text", part }] }];
  let [at, end] = [0, 0];
  for (const line of timing.trim().split("\n")) {
    const [seconds = 0, bytes = 0] = line.split(" ").map(Number);
    at += 1000 * seconds;
    const text = output.toString("utf8", end, end + bytes);
    end += bytes;
    steps.push({ at, edits: [{ is: "append", part, text }] });
  }
  if (end !== output.length) throw new RangeError(`${end} of ${output.length} bytes`);
  return { name: "terminal", title: "a terminal in which tests run", steps };
}
