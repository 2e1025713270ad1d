import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { connect } from "@deltawire/client";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Backend, serveTerminal } from "../../examples/terminal/backend.js";
import { realBrowser } from "../real/chromium.js";
import { type FoundPart, realPart } from "../real/part.js";
import { buildExamplePage, type ExamplePage } from "./example-page.js";
import { openTab } from "./tab.js";
import { violations } from "./violations.js";

const browser: Browser | undefined = await realBrowser("the shared terminal's page");
const part = (name: string, command = name) =>
  realPart({ name, commands: [command], packages: [name] }, `${name} in the shared terminal`);
// Debian's package calls it so, and makes the link where it is installed.
const vimCommand = existsSync("/usr/bin/vim") ? "vim" : "vim.basic";
const vim = browser && (await part("vim", vimCommand));
const htop = browser && (await part("htop"));

/** A shell that says little, whatever is set up on this machine. */
const SHELL = ["/bin/sh", "-c", "PS1='$ ' exec /bin/sh -i"] as const;

/** A program that has the screen until a line comes. */
const PROGRAM =
  "printf '\\033[?1049h\\033[2J\\033[4;7Hfull\\040screen\\033[6;7H\\033[7mreversed\\033[m\\033[?25l'; " +
  "read line; printf '\\033[?25h\\033[?1049l'";

/** A command line of a real part, with the libraries that it was found with. */
const inPart = ({ folder, env }: FoundPart, command: string): string =>
  `LD_LIBRARY_PATH=${env.LD_LIBRARY_PATH ?? ""} ${folder}/${command}`;

/** Programs that have the screen: how to begin them, what they show then, and how to leave them. */
const PROGRAMS = [
  { what: "a program", begin: PROGRAM, seen: "full screen", leave: "\n" },
  ...(vim
    ? [
        {
          what: "vim",
          begin: inPart(vim, `${vimCommand} -u NONE -N -c 'call setline(1, "in"." vim")'`),
          seen: "in vim",
          leave: ":q!\n",
        },
      ]
    : []),
  ...(htop
    ? [
        {
          what: "htop",
          // It draws every 10 s, and leaves this user's settings alone.
          begin: `d=$(mktemp -d); HTOPRC=$d/rc ${inPart(htop, "htop -d 100 -p $$")}; rm -r $d`,
          seen: "F10Quit",
          leave: "q",
        },
      ]
    : []),
];

/** What the page's terminal shows, line by line: its accessible copy. */
const screenOf = (page: Page) =>
  page.evaluate(() => {
    const rows = document.querySelectorAll(".xterm-accessibility-tree > div");
    return [...rows].map(({ textContent }) => (textContent ?? "").trimEnd()).join("\n");
  });
const shows = (page: Page, text: string | RegExp) =>
  expect.poll(() => screenOf(page), { timeout: 20_000 }).toMatch(text);
const press = (page: Page, name: string) => page.getByRole("button", { name }).click();
const type = async (page: Page, text: string) => {
  await page.getByRole("textbox", { name: "Terminal input" }).focus();
  await page.keyboard.type(text);
};

describe.skipIf(!browser)("the shared terminal", () => {
  let built: ExamplePage;
  beforeAll(async () => {
    built = await buildExamplePage("terminal");
  });
  afterAll(async () => {
    await browser?.close();
    await built.remove();
  });

  async function start(port = 0): Promise<Backend> {
    const backend = await serveTerminal({ port, page: built.folder, command: SHELL });
    onTestFinished(() => backend.close());
    return backend;
  }

  async function come({ url }: Backend, name: string, options: BrowserContextOptions = {}) {
    if (!browser) throw new Error("skipped without a browser");
    const { page, complaints } = await openTab(browser, `${url}?name=${name}`, options);
    await expect.poll(() => page.textContent("#status")).toBe("live");
    await page.waitForSelector("#actions button");
    return { page, complaints };
  }

  async function take(page: Page): Promise<void> {
    await press(page, "Take the keyboard");
    await page.waitForSelector("body[data-mine]");
  }

  test("a key on one page is an echo on every page; the keyboard is handed over", async () => {
    const backend = await start();
    const [ann, bob] = [await come(backend, "ann"), await come(backend, "bob")];
    await take(ann.page);
    await expect.poll(() => bob.page.textContent("#who")).toBe("ann has the keyboard, 1 watching");
    await type(ann.page, "echo $((40+2))\n");
    await shows(ann.page, /^42$/m);
    await shows(bob.page, /^42$/m);
    // Who watches types nothing, and is told so.
    await type(bob.page, "exit\n");
    await expect.poll(() => bob.page.textContent("#note")).toContain("You are watching");
    await press(bob.page, "Ask for the keyboard");
    await press(ann.page, "Give it to bob");
    await bob.page.waitForSelector("body[data-mine]");
    await type(bob.page, "echo from b''ob\n");
    await shows(ann.page, /^from bob$/m);
    expect(await screenOf(ann.page)).not.toContain("exit");
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    expect(await violations(ann.page)).toEqual([]);
  });

  test.each(PROGRAMS)("who comes late or loads again sees the screen of $what", async (program) => {
    const { what, begin, seen, leave } = program;
    const backend = await start();
    const ann = await come(backend, "ann");
    await take(ann.page);
    await type(ann.page, "echo be''fore\n");
    await shows(ann.page, /^before$/m);
    await type(ann.page, `${begin}\n`);
    await shows(ann.page, seen);
    await ann.page.setViewportSize({ width: 900, height: 500 }); // what was printed is a base by now
    const late = await come(backend, "late");
    await shows(late.page, seen);
    const areSame = async () => (await screenOf(late.page)) === (await screenOf(ann.page));
    await expect.poll(areSame).toBe(true);
    const before = await screenOf(ann.page);
    await ann.page.reload();
    await shows(ann.page, seen);
    if (what === "htop")
      await expect.poll(areSame).toBe(true); // it draws now and then
    else expect(await screenOf(ann.page)).toBe(before);
    await ann.page.waitForSelector("body[data-mine]"); // who loads the page again still has it
    await type(ann.page, leave);
    for (const { page } of [ann, late]) {
      await shows(page, /^before$/m);
      await expect.poll(() => screenOf(page)).not.toContain(seen);
    }
    expect([...ann.complaints, ...late.complaints]).toEqual([]);
  });

  test("a flood: Ctrl-C gets through, and everybody sees what comes after it", async () => {
    const backend = await start();
    const [ann, bob] = [await come(backend, "ann"), await come(backend, "bob")];
    await take(ann.page);
    await type(ann.page, "yes 'again and again'\n");
    await shows(bob.page, /^again and again$/m);
    await ann.page.keyboard.press("Control+c");
    await type(ann.page, "echo af''ter\n");
    for (const { page } of [ann, bob]) await shows(page, /^after$/m);
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
  });

  test("a paste arrives whole; what a program does not read is refused, and that is said", async () => {
    const backend = await start();
    const { page, complaints } = await come(backend, "ann");
    await take(page);
    const paste = "é".repeat(30_000);
    await type(page, "stty raw -echo; printf re''ady; head -c 60000 | md5sum; sleep 60\n");
    await shows(page, /ready/);
    await page.getByRole("textbox", { name: "Terminal input" }).evaluate((box, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, paste);
    await shows(page, createHash("md5").update(paste).digest("hex"));

    // The same person, with as much as is kept for the program.
    const token = await page.evaluate(() => String(sessionStorage.secret));
    const wire = connect(`${backend.url.replace("http", "ws")}wire`, { token });
    onTestFinished(() => wire.close());
    const shell = wire.channel("terminal/main");
    let refused: unknown;
    while (refused === undefined) {
      const typed = shell.command("input", "x".repeat(1024));
      typed.catch((error: unknown) => {
        refused ??= error;
      });
      await shell.command("join", ""); // it is answered meanwhile
    }
    expect(refused).toMatchObject({ code: "overloaded" });
    await type(page, "y");
    await expect.poll(() => page.textContent("#note")).toContain("does not read what is typed");
    expect(complaints).toEqual([]);
  });

  test("the terminal is as large as the page of who has the keyboard; others see all of it", async () => {
    const backend = await start();
    const ann = await come(backend, "ann", { viewport: { width: 800, height: 500 } });
    const bob = await come(backend, "bob", { viewport: { width: 390, height: 700 } });
    await take(ann.page);
    await type(ann.page, "stty size\n");
    await shows(ann.page, /^\d+ \d+$/m);
    const size = async () => /^(\d+) (\d+)$/m.exec(await screenOf(ann.page))?.[0];
    const first = await size();
    await ann.page.setViewportSize({ width: 700, height: 400 });
    await type(ann.page, "clear; stty size\n");
    await expect.poll(size).not.toBe(first);
    const [rows = 0] = (await size())?.split(" ").map(Number) ?? [];
    await expect.poll(async () => (await screenOf(bob.page)).split("\n").length).toBe(rows);
    const [screen, room] = await bob.page.evaluate(() =>
      [".xterm-screen", "main"].map((name) => {
        const { width = 0, height = 0 } =
          document.querySelector(name)?.getBoundingClientRect() ?? {};
        return { width, height };
      }),
    );
    expect(screen?.width).toBeLessThanOrEqual(room?.width ?? 0);
    expect(screen?.height).toBeLessThanOrEqual(room?.height ?? 0);
  });

  test("a server that is begun anew has another shell, and nothing that was typed before", async () => {
    const backend = await start();
    const ann = await come(backend, "ann");
    await take(ann.page);
    await type(ann.page, "echo o''ld\n");
    await shows(ann.page, /^old$/m);
    await backend.close();
    await expect.poll(() => ann.page.textContent("#status")).not.toBe("live");
    expect(await screenOf(ann.page)).toContain("old");
    await type(ann.page, "echo lost\n");
    await start(Number(new URL(backend.url).port));
    await expect.poll(() => ann.page.textContent("#status"), { timeout: 40_000 }).toBe("live");
    await expect.poll(() => screenOf(ann.page)).not.toContain("old");
    await take(ann.page);
    await type(ann.page, "echo n''ew\n");
    await shows(ann.page, /^new$/m);
    expect(await screenOf(ann.page)).not.toContain("lost");
  });
});
