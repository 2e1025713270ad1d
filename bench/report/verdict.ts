import { type Condition, holds, missedBy } from "./conditions.js";
import { percent, ratio } from "./format.js";
import { NOTES } from "./notes.js";
import type { Table } from "./table.js";

const boundOf = ({ bound, isAtLeast }: Condition): string =>
  `${isAtLeast ? "≥" : "≤"} ${ratio(bound)}`;

/** How near to its bound a value is, the nearest first; those that are past it before them. */
const strain = ({ value, bound, isAtLeast }: Condition): number =>
  isAtLeast ? bound / value : value / bound;

/** What is asked, and where in brackets. */
function saying({ what, on, note }: Condition): string {
  const where = [on, note].filter((part) => part !== undefined && part !== "").join(", ");
  return where === "" ? what : `${what} (${where})`;
}

/** What must hold: for each condition the value that is worst, and on how many it holds. */
export function verdict(conditions: readonly Condition[]): Table {
  const names = new Set(conditions.map(({ what }) => what));
  const rows = [...names].flatMap((what) => {
    const group = conditions.filter((condition) => condition.what === what);
    const [worst] = group.slice().sort((a, b) => strain(b) - strain(a));
    if (worst === undefined) return [];
    const held = group.filter(holds).length;
    const all = held === group.length;
    const said = group.length === 1 ? (all ? "yes" : "NO") : `${held} of ${group.length}`;
    return [[said, ratio(worst.value), boundOf(worst), saying(worst)]];
  });
  return {
    title: "Must hold",
    note:
      "How often each condition holds, and the value that is nearest to its bound or furthest past " +
      "it; in brackets where that is, and beside whom.",
    head: ["holds", "worst", "bound", "what"],
    rows,
    isProse: true,
  };
}

/** What does not hold, one by one, and by how much; undefined where everything does. */
export function missed(conditions: readonly Condition[]): Table | undefined {
  const rows = conditions
    .filter((condition) => !holds(condition))
    .map((condition) => [
      ratio(condition.value),
      boundOf(condition),
      `by ${percent(missedBy(condition))}`,
      saying(condition),
    ]);
  if (rows.length === 0) return undefined;
  const head = ["value", "bound", "missed", "what"];
  return { title: "Missed", head, rows, isProse: true };
}

/** Why what is missed is missed; nothing where nothing is known of it. */
export function reasons(conditions: readonly Condition[]): Table | undefined {
  const asked = new Set(conditions.filter((one) => !holds(one)).map(({ what }) => what));
  const rows = [...asked].flatMap((what) => (NOTES[what] ? [[what, NOTES[what]]] : []));
  if (rows.length === 0) return undefined;
  return { title: "Why, and what was tried", head: ["what", "why"], rows, isProse: true };
}

/** One line: whether everything holds. */
export function summary(conditions: readonly Condition[]): string {
  const held = conditions.filter(holds).length;
  return held === conditions.length
    ? `All ${held} conditions hold.`
    : `${held} of ${conditions.length} conditions hold; the others stand under "Missed".`;
}
