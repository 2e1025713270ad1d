/** A run of equal items: `length` from `a` on in the first list, from `b` on in the second. */
export interface Match {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/**
 * Greedy shortest-edit-script search (Myers 1986, "An O(ND) difference algorithm"), given up
 * after `maxEdits` edits or `maxSteps` comparisons, so that its cost is bounded.
 *
 * @returns the equal runs in order, or undefined when given up
 */
export function matches(
  aLength: number,
  bLength: number,
  equal: (a: number, b: number) => boolean,
  maxEdits: number,
  maxSteps: number,
): Match[] | undefined {
  const furthest = new Int32Array(2 * maxEdits + 3);
  const origin = maxEdits + 1;
  const trace: Int32Array[] = [];
  let steps = 0;
  for (let edits = 0; edits <= maxEdits; edits++) {
    trace.push(furthest.slice(origin - edits - 1, origin + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      let a = startOf(furthest, origin + k, k === -edits, k === edits);
      while (a < aLength && a - k < bLength && equal(a, a - k)) {
        a += 1;
        steps += 1;
      }
      furthest[origin + k] = a;
      if (a >= aLength && a - k >= bLength) return backtrack(trace, aLength, bLength);
    }
    if (steps > maxSteps) return undefined;
  }
  return undefined;
}

function startOf(row: Int32Array, index: number, lowest: boolean, highest: boolean): number {
  const below = row[index - 1] as number; // index stays inside the row
  const above = row[index + 1] as number;
  return lowest || (!highest && below < above) ? above : below + 1;
}

function backtrack(trace: Int32Array[], aLength: number, bLength: number): Match[] {
  const found: Match[] = [];
  let a = aLength;
  let b = bLength;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const row = trace[edits] as Int32Array; // furthest[-edits - 1 .. edits + 1]
    const k = a - b;
    const index = k + edits + 1;
    const down = k === -edits || (k !== edits && at(row, index - 1) < at(row, index + 1));
    const start = edits === 0 ? 0 : down ? at(row, index + 1) : at(row, index - 1) + 1;
    if (a > start) found.push({ a: start, b: start - k, length: a - start });
    a = down ? start : start - 1;
    b = a - (down ? k + 1 : k - 1);
  }
  return found.reverse();
}

const at = (row: Int32Array, index: number): number => row[index] as number;
