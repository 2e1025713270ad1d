import { existsSync } from "node:fs";
import process from "node:process";
import { type Browser, chromium } from "playwright-core";
import { notRun, realPart } from "./part.js";

/** Where an installed Chrome or Chromium is, on the systems that people use. */
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** It runs as root, without a screen, and asks nobody on the network for anything. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * A real browser: that of DELTAWIRE_CHROMIUM, an installed Chrome or Chromium, Playwright's own, or
 * Debian's, which is installed then.
 *
 * @param tests what does not run without it, in words
 * @param args further arguments of its command line
 * @returns undefined where none can be had; that is said loudly
 * @throws Error where none can be had and the variable CI is set
 */
export async function realBrowser(
  tests: string,
  args: readonly string[] = [],
): Promise<Browser | undefined> {
  const executablePath = await look(tests);
  if (executablePath === undefined) return undefined;
  try {
    return await chromium.launch({ executablePath, args: [...ARGUMENTS, ...args] });
  } catch (error) {
    const what = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return notRun(`${tests}: ${executablePath} does not start: ${what}`);
  }
}

async function look(tests: string): Promise<string | undefined> {
  const { DELTAWIRE_CHROMIUM: given } = process.env;
  const known = [...(given ? [given] : []), ...INSTALLED, chromium.executablePath()];
  const there = known.find((path) => existsSync(path));
  if (there !== undefined) return there;
  const part = { name: "chromium", commands: ["chromium"], packages: ["chromium"] };
  const found = await realPart(part, tests);
  return found && `${found.folder}/chromium`;
}
