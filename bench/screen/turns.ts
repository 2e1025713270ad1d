import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { MessageWriter } from "@deltawire/encoder";
import { createServer } from "@deltawire/server";
import type { Browser, Page } from "playwright-core";
import { site } from "../../tests/browser/site.js";
import type { Effort, Named, TurnRow } from "../results.js";
import { figureOf } from "../statistics.js";
import { agent } from "../wire/inputs/agent.js";
import type { Edit, Input } from "../wire/peer.js";
import { aiSdk } from "../wire/peers/ai-sdk.js";
import { write } from "../wire/peers/deltawire.js";
import { Account } from "./browser.js";
import type { Counts } from "./pages/turn.js";

const WAYS = ["deltawire", "useChat", "useChat-throttled"] as const;

interface Plan {
  readonly tokens: number;
  readonly rounds: number;
  /** Seconds that the turn takes. */
  readonly seconds: number;
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { tokens: 200, rounds: 1, seconds: 1 },
  quick: { tokens: 10_000, rounds: 1, seconds: 10 },
  full: { tokens: 10_000, rounds: 3, seconds: 20 },
};

/** Milliseconds for which a page may take longer than the turn. */
const PATIENCE = 120_000;

interface Turn extends Counts {
  /** Seconds until the page had shown all of it. */
  readonly elapsed: number;
  /** Seconds of the main thread. */
  readonly busy: number;
}

/** What a page in React does while an agent's turn comes in. */
export async function measureTurns(
  chromium: Browser,
  effort: Effort,
  progress: (line: string) => void,
): Promise<Named<TurnRow>> {
  const { tokens, rounds, seconds } = PLANS[effort];
  const input = await agent("turn", tokens, 1);
  const turns = new Map<string, Turn[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const way of WAYS) {
      progress(`screen: ${round} of ${rounds}, a turn by ${way}`);
      const turn = await measure(chromium, way, input, seconds);
      turns.set(way, [...(turns.get(way) ?? []), turn]);
    }
  }
  return Object.fromEntries([...turns].map(([way, all]) => [way, rowOf(all)]));
}

function rowOf(turns: readonly Turn[]): TurnRow {
  const figure = (of: (turn: Turn) => number) => figureOf(turns.map(of));
  return {
    commitsPerSecond: figure(({ commits, elapsed }) => commits / elapsed),
    longTasks: figure(({ long }) => long),
    longTime: figure(({ longTime }) => longTime),
    busy: figure(({ busy }) => busy),
    elapsed: figure(({ elapsed }) => elapsed),
  };
}

async function measure(
  chromium: Browser,
  way: (typeof WAYS)[number],
  input: Input,
  seconds: number,
): Promise<Turn> {
  let begin: (response: ServerResponse) => void = () => undefined;
  const begun = new Promise<ServerResponse>((resolve) => {
    begin = resolve;
  });
  const page = await site("bench/screen/pages/turn.tsx", {
    isProduction: true,
    handler: (_, response) => begin(response),
  });
  const server = createServer();
  const context = await chromium.newContext();
  try {
    const { url } = await server.listen({ port: 0, origins: [new URL(page.url).origin] });
    const reply = server.channel("turn").write("turn");
    const tab = await context.newPage();
    await tab.goto(`${page.url}?${new URLSearchParams({ way, wire: url })}`);
    const account = await Account.of(tab);
    const sender = way === "deltawire" ? changes(reply) : chunks(input, await begun);
    const start = await account.busy();
    const began = performance.now();
    await play(input, seconds, sender);
    await tab.waitForFunction(() => (globalThis as { counts?: Counts }).counts?.ended, undefined, {
      timeout: PATIENCE,
      polling: 100,
    });
    const elapsed = (performance.now() - began) / 1000;
    const end = await account.busy();
    await check(tab, way, input);
    const counts = await tab.evaluate(() => (globalThis as unknown as { counts: Counts }).counts);
    return { ...counts, elapsed, busy: end.task - start.task };
  } finally {
    await context.close();
    await server.close();
    await page.close();
  }
}

/** What a turn is written to. */
interface Sender {
  send(edits: readonly Edit[]): void;
  end(): unknown;
}

function changes(reply: MessageWriter): Sender {
  return {
    send: (edits) => {
      for (const edit of edits) write(reply, edit);
    },
    end: () => reply.complete(),
  };
}

/** The AI SDK's stream of events, one or more for each token, in an answer over HTTP. */
function chunks(input: Input, response: ServerResponse): Sender {
  const sender = aiSdk.sender(input);
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-vercel-ai-ui-message-stream": "v1",
  });
  return {
    send: (edits) => {
      for (const event of sender.send(edits)) response.write(event);
    },
    end: () => {
      for (const event of sender.end()) response.write(event);
      response.end();
    },
  };
}

/** Writes the turn, as fast as it has to be over in time. */
async function play({ steps }: Input, seconds: number, sender: Sender): Promise<void> {
  const scale = (1000 * seconds) / (steps.at(-1)?.at ?? 1);
  const began = performance.now();
  for (const { at, edits } of steps) {
    const ahead = at * scale - (performance.now() - began);
    if (ahead > 1) await wait(ahead);
    sender.send(edits);
  }
  await sender.end();
}

/** Lengths will do: digests and the tests of the wire say the rest. */
async function check(tab: Page, way: string, input: Input): Promise<void> {
  const lengths = new Map<string, number>();
  for (const edit of input.steps.flatMap(({ edits }) => edits)) {
    if (edit.is !== "append" && edit.is !== "splice") continue;
    const removed = edit.is === "splice" ? edit.removed : 0;
    lengths.set(edit.part, (lengths.get(edit.part) ?? 0) + edit.text.length - removed);
  }
  const expected = [...lengths.values()].reduce((sum, length) => sum + length, 0);
  const shown = await tab.evaluate(() => document.querySelector("#root")?.textContent?.length);
  if (shown !== expected) {
    throw new Error(`${way} shows ${shown} characters of a turn that has ${expected}`);
  }
}
