import { parseArgs } from "node:util";
import { SECTIONS, type Section } from "./run.js";

/** What the command is asked to do. */
export interface Arguments {
  /** Those to measure, in the order in which they are; none where `report` is asked for. */
  readonly sections: readonly Section[];
  readonly isFull: boolean;
  readonly isJson: boolean;
  /** Whether the documents are written from what is measured, or from what was. */
  readonly isWritten: boolean;
}

/**
 * Reads the command line.
 *
 * @throws TypeError where it says nothing that can be done
 */
export function readArguments(args: readonly string[]): Arguments {
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { full: flag, json: flag, write: flag },
    allowPositionals: true,
  });
  const { full: isFull, json: isJson, write } = values;
  if (positionals.includes("report")) {
    if (positionals.length > 1 || isFull || isJson || write) {
      throw new TypeError("report stands alone: it measures nothing");
    }
    return { sections: [], isFull, isJson, isWritten: true };
  }
  const unknown = positionals.find((name) => !SECTIONS.some((section) => section === name));
  if (unknown !== undefined) {
    throw new TypeError(`no section "${unknown}": there are ${SECTIONS.join(", ")}, and report`);
  }
  const asked =
    positionals.length === 0 ? SECTIONS : SECTIONS.filter((name) => positionals.includes(name));
  return { sections: asked, isFull, isJson, isWritten: write };
}
