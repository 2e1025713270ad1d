import { cutTokens } from "../../../packages/cli/src/demo/tokens.js";
import { Random } from "../../../sim/random.js";
import type { Edit, Input } from "../peer.js";
import { Prose } from "./prose.js";

const PART = "call";
const FIRST = { name: "write_file", id: "call_01" };
const PATH = "src/main.ts";
/** Milliseconds from one delta to the next: more than a window, so each travels alone. */
const PACE = 101;

/** A program that an agent writes into a file: one argument of a tool, in so many deltas. */
export async function argument(name: string, deltas: number): Promise<Input> {
  const prose = new Prose(new Random(deltas));
  const pieces: string[] = [];
  for (let sum = 0; sum < 6 * deltas; sum += pieces.at(-1)?.length ?? 0) pieces.push(prose.code());
  const tokens = (await cutTokens(pieces.join("\n\n"))).slice(0, deltas);
  const all = tokens.join("");
  const valueTo = (end: number) => ({
    ...FIRST,
    arguments: { path: PATH, content: all.slice(0, end) },
  });
  let offset = 0;
  const steps = tokens.map((text, i): Input["steps"][number] => {
    const path = "/arguments/content";
    const changed_offset = offset;
    offset += text.length;
    const end = offset;
    const edit: Edit = {
      is: "patch",
      part: PART,
      operations: [{ op: "splice", path, changed_offset, removed: 0, text }],
      // Made when it is asked for: each would be a string of its own as soon as one looks into it.
      get value() {
        return valueTo(end);
      },
    };
    return { at: (i + 1) * PACE, edits: [edit] };
  });
  const begin: Edit = { is: "json", part: PART, value: valueTo(0) };
  const title = `${tokens.length} deltas of one tool argument`;
  return { name, title, steps: [{ at: 0, edits: [begin] }, ...steps] };
}
