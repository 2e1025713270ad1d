import type { DatabaseRow, Effort, Named } from "../results.js";
import { figureOf } from "../statistics.js";
import { chat } from "../wire/inputs/chat.js";
import { type Count, CountingDatabase } from "./counted.js";
import { deltawire } from "./deltawire.js";
import { perToken } from "./per-token.js";
import type { Token, Way } from "./way.js";

/** Tokens a second, as an answer of 10 s has them. */
const RATE = 100;

/** Milliseconds in which the third way writes once, as a server of ours does. */
const WINDOW = 200;

const PLANS: Readonly<Record<Effort, { tokens: number; rounds: number }>> = {
  smallest: { tokens: 100, rounds: 1 },
  quick: { tokens: 1000, rounds: 1 },
  full: { tokens: 1000, rounds: 3 },
};

type Begin = (database: CountingDatabase, tokens: readonly Token[]) => Promise<Way>;

const WAYS: Readonly<Record<string, Begin>> = {
  deltawire: (database, tokens) => deltawire(database, tokens, 1),
  "deltawire-16": (database, tokens) => deltawire(database, tokens, 16),
  "per-token": (database, tokens) => perToken(database, tokens, 0),
  throttled: (database, tokens) => perToken(database, tokens, WINDOW),
};

interface Turn {
  readonly reads: number;
  readonly writes: number;
  readonly finalWrites: number;
  readonly bytes: number;
  readonly busy: number;
}

/**
 * What PostgreSQL does for a turn of 1,000 tokens in 10 s, as it counts itself: ours, sixteen of ours
 * at a time, and the usual ways.
 *
 * @throws Error where it holds another text in the end
 */
export async function measureDatabase(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<DatabaseRow>> {
  const { tokens: count, rounds } = PLANS[effort];
  const tokens = tokensOf(await chat("turn", count, RATE));
  const rows = await CountingDatabase.with(async (database) => {
    const turns = new Map<string, Turn[]>();
    for (let round = 0; round <= rounds; round++) {
      for (const [name, begin] of Object.entries(WAYS)) {
        progress(`database: ${round === 0 ? "warming up" : `${round} of ${rounds}`}, ${name}`);
        // First a short one: tables and their first pages are there.
        const turn = await measure(database, begin, round === 0 ? tokens.slice(0, 50) : tokens);
        if (round > 0) turns.set(name, [...(turns.get(name) ?? []), turn]);
      }
    }
    return Object.fromEntries([...turns].map(([name, all]) => [name, rowOf(all)]));
  });
  return rows ?? {};
}

async function measure(
  database: CountingDatabase,
  begin: Begin,
  tokens: readonly Token[],
): Promise<Turn> {
  const way = await begin(database, tokens);
  try {
    const streamed = await database.count(() => way.write());
    const ended = await database.count(() => way.complete());
    const text = tokens.map((token) => token.text).join("");
    const stored = await way.stored();
    if (stored.length !== way.turns || stored.some((one) => one !== text)) {
      throw new Error("PostgreSQL holds another text than was written");
    }
    const calls = (count: Count, isWrite: boolean): number =>
      [...count.statements]
        .filter(([statement]) => way.isWrite(statement) === isWrite)
        .reduce((sum, [, times]) => sum + times, 0) / way.turns;
    return {
      reads: calls(streamed, false) + calls(ended, false),
      writes: calls(streamed, true),
      finalWrites: calls(ended, true),
      bytes: (streamed.written + ended.written) / way.turns,
      busy: (1e6 * (streamed.busy + ended.busy)) / way.turns,
    };
  } finally {
    await way.close();
  }
}

const rowOf = (turns: readonly Turn[]): DatabaseRow => {
  const figure = (name: keyof Turn) => figureOf(turns.map((turn) => turn[name]));
  return {
    reads: figure("reads"),
    writes: figure("writes"),
    finalWrites: figure("finalWrites"),
    bytes: figure("bytes"),
    busy: figure("busy"),
  };
};

const tokensOf = ({ steps }: Awaited<ReturnType<typeof chat>>): readonly Token[] =>
  steps.flatMap(({ at, edits }) =>
    edits.flatMap((edit) => (edit.is === "append" ? [{ at, text: edit.text }] : [])),
  );
