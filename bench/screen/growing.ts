import { createServer } from "@deltawire/server";
import type { Browser, Page } from "playwright-core";
import { Random } from "../../sim/random.js";
import { type Site, site } from "../../tests/browser/site.js";
import type { Effort, GrowingRow, Named } from "../results.js";
import { figureOf } from "../statistics.js";
import { markdownTokens } from "../wire/inputs/tokens.js";
import { Account } from "./browser.js";
import { Control } from "./control.js";

const WAYS = ["bindText", "bindText-node", "useText", "setState", "nothing"] as const;

/** Ways that are told what is new, and nothing else. */
const isTold = (way: string): boolean => way === "setState" || way === "nothing";

const LARGE = 1 << 20;
const SMALL = 1 << 10;

interface Plan {
  readonly updates: number;
  readonly rounds: number;
  /** UTF-16 units that are there before. */
  readonly units: readonly number[];
}

const PLANS: Readonly<Record<Effort, Plan>> = {
  smallest: { updates: 20, rounds: 1, units: [SMALL, 1 << 16] },
  quick: { updates: 200, rounds: 1, units: [SMALL, LARGE] },
  full: { updates: 2000, rounds: 1, units: [SMALL, LARGE] },
};

/** Milliseconds of the main thread for one update. */
interface Cost {
  readonly task: number;
  readonly script: number;
  readonly layout: number;
}

/** What a page takes for one update at the end of a text, each on the screen before the next one. */
export async function measureGrowing(
  chromium: Browser,
  effort: Effort,
  progress: (line: string) => void,
): Promise<Named<Named<GrowingRow>>> {
  const { updates, rounds, units } = PLANS[effort];
  const tokens = await markdownTokens(updates, new Random(6));
  const costs = new Map<string, Cost[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const size of units) {
      for (const way of WAYS) {
        progress(`screen: ${round} of ${rounds}, ${way} at the end of ${size} characters`);
        const cost = await measure(chromium, way, size, tokens);
        const name = `${way} ${size}`;
        costs.set(name, [...(costs.get(name) ?? []), cost]);
      }
    }
  }
  const rowsOf = (size: number) =>
    WAYS.map((way) => [way, rowOf(costs.get(`${way} ${size}`) ?? [])] as const);
  return Object.fromEntries(units.map((size) => [size, Object.fromEntries(rowsOf(size))]));
}

const rowOf = (all: readonly Cost[]): GrowingRow => ({
  task: figureOf(all.map(({ task }) => task)),
  script: figureOf(all.map(({ script }) => script)),
  layout: figureOf(all.map(({ layout }) => layout)),
});

/** Lines of some 60 letters, as many as there is room for. */
const before = (units: number): string =>
  "What was written before it, and is to stay where it is shown.\n"
    .repeat(Math.ceil(units / 62))
    .slice(0, units);

async function measure(
  chromium: Browser,
  way: (typeof WAYS)[number],
  units: number,
  tokens: readonly string[],
): Promise<Cost> {
  const control = await Control.listen();
  const text = before(units);
  const page = await site("bench/screen/pages/grow.tsx", {
    isProduction: true,
    handler: (_, response) => response.end(text),
  });
  const server = createServer();
  try {
    const { url } = await server.listen({ port: 0, origins: [new URL(page.url).origin] });
    const writer = server.channel("grow", { throttle: 0 }).write("text");
    writer.append(text);
    const tab = await open(chromium, page, { way, wire: url, control: control.url }, units);
    const account = await Account.of(tab);
    await account.collect();
    const start = await account.busy();
    for (const token of tokens) {
      const painted = control.painted();
      if (isTold(way)) control.tell(token);
      else writer.append(token);
      await painted;
    }
    const end = await account.busy();
    await check(tab, way, text + tokens.join(""));
    await tab.context().close();
    const of = (name: keyof Cost) => (1e3 * (end[name] - start[name])) / tokens.length;
    return { task: of("task"), script: of("script"), layout: of("layout") };
  } finally {
    await server.close();
    await page.close();
    control.close();
  }
}

async function open(
  chromium: Browser,
  { url }: Site,
  query: Readonly<Record<string, string>>,
  units: number,
): Promise<Page> {
  const context = await chromium.newContext();
  const tab = await context.newPage();
  await tab.goto(`${url}?${new URLSearchParams(query)}`);
  const isThere = (least: number) => {
    const { textContent } = document.querySelector("#root") ?? document.body;
    return (textContent?.length ?? 0) >= least;
  };
  await tab.waitForFunction(isThere, units);
  return tab;
}

async function check(tab: Page, way: string, expected: string): Promise<void> {
  if (way === "nothing") return;
  const shown = await tab.evaluate(() => document.querySelector("#root")?.textContent);
  if (shown !== expected) throw new Error(`${way} shows another text than was written`);
}
