import type { Effort, Screen } from "../results.js";
import { browser } from "./browser.js";
import { measureGrowing } from "./growing.js";
import { measureTurns } from "./turns.js";

/**
 * What text costs on a screen: in Chromium, by the packages as they are built and React's production
 * build.
 *
 * @throws Error where a page shows something else in the end, or no browser is to be had
 */
export async function measureScreen(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Screen> {
  const unpaced = await browser(false);
  const growing = await measureGrowing(unpaced, effort, progress).finally(() => unpaced.close());
  const paced = await browser(true);
  const turn = await measureTurns(paced, effort, progress).finally(() => paced.close());
  return { growing, turn };
}
