import type { JsonOperation, JsonValue } from "@deltawire/spec";
import { Random } from "../../../sim/random.js";
import type { Input } from "../peer.js";
import { applied } from "./json-script.js";
import { Prose } from "./prose.js";

const PART = "state";
const TOOLS = ["grep", "read_file", "run_tests", "list_files", "edit_file", "web_search"];
/** Calls that are under way at once. */
const AT_ONCE = 4;

/** What happens to one call: ten changes. */
function* life(id: string, random: Random): Generator<readonly JsonOperation[], void> {
  const prose = new Prose(random);
  const path = `/calls/${id}`;
  const begun = { name: random.pick(TOOLS), status: "pending", arguments: "", output: "" };
  const lengths = new Map<string, number>();
  const stream = (field: string, text: string): JsonOperation => {
    const offset = lengths.get(field) ?? 0;
    lengths.set(field, offset + text.length);
    return { op: "splice", path: `${path}/${field}`, changed_offset: offset, removed: 0, text };
  };
  yield [{ op: "add", path, value: { ...begun, progress: 0, files: [] } }];
  yield [stream("arguments", `{"query":"${prose.sentence()}",`)];
  yield [stream("arguments", `"limit":${random.int(100)}}`)];
  yield [{ op: "replace", path: `${path}/status`, value: "running" }];
  for (const progress of [25, 60, 90]) {
    const moved: JsonOperation = { op: "replace", path: `${path}/progress`, value: progress };
    yield [stream("output", `${prose.sentence()}\n`), moved];
  }
  const file = { name: `src/${random.int(1e4)}.ts`, lines: random.int(500) };
  yield [{ op: "add", path: `${path}/files/-`, value: file }];
  yield [stream("output", `${prose.code()}\n`)];
  const seconds = Math.round(100 * (0.2 + 3 * random.next())) / 100;
  const done: JsonOperation = { op: "replace", path: `${path}/status`, value: "done" };
  yield [done, { op: "add", path: `${path}/seconds`, value: seconds }];
}

/** A JSON state of some calls of tools, each changed ten times; strings stream inside it. */
export function state(name: string, calls: number): Input {
  const random = new Random(calls);
  let value: JsonValue = { title: "Find the slow query", status: "running", calls: {} };
  const steps: Input["steps"][number][] = [{ at: 0, edits: [{ is: "json", part: PART, value }] }];
  const lives: ReturnType<typeof life>[] = [];
  let [begun, at] = [0, 0];
  while (lives.length > 0 || begun < calls) {
    if (lives.length < AT_ONCE && begun < calls) {
      begun += 1;
      lives.push(life(`call_${String(begun).padStart(2, "0")}`, random.fork()));
    }
    const one = random.int(lives.length);
    const { value: operations, done } = lives[one]?.next() ?? {};
    if (done || !operations) {
      lives.splice(one, 1);
      continue;
    }
    at += random.int(150, 20);
    value = operations.reduce<JsonValue>(applied, value);
    steps.push({ at, edits: [{ is: "patch", part: PART, operations, value }] });
  }
  const title = `a JSON state of ${calls} tool calls, ${steps.length - 1} changes`;
  return { name, title, steps };
}
