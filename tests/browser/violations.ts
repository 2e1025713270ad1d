import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds wrong in a page, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // a page's own policy may let nobody add a script
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") }; // just put there
    const found = await axe.run();
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${target.flat().join(" ")}: ${failureSummary}`,
      ),
    );
  });
}
