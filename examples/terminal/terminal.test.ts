import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { connect, type ReadChannel } from "@deltawire/client";
import { afterEach, expect, test } from "vitest";
import { type Backend, serveTerminal } from "./backend.js";
import { Screen } from "./screen.js";
import type { Size } from "./shell.js";
import type { Program } from "./terminal.js";

const forbidden = expect.objectContaining({ code: "forbidden" });
const closing: (() => Promise<unknown>)[] = [];
let backend: Backend;

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A shell that says little, whatever is set up on this machine. */
const SHELL = ["/bin/sh", "-c", "PS1='$ ' exec /bin/sh -i"] as const;

async function start(command: Program = SHELL, page?: string): Promise<void> {
  backend = await serveTerminal({ port: 0, command, ...(page !== undefined && { page }) });
  closing.push(() => backend.close());
}

/** Somebody at the terminal, as a page is. */
async function come(name: string) {
  const token = randomBytes(32).toString("base64url");
  const wire = connect(`${backend.url.replace("http", "ws")}wire`, { token, throttle: 0 });
  closing.push(() => wire.close());
  const shell = wire.channel("terminal/main");
  shell.subscribe(() => undefined);
  const here = randomUUID();
  wire.channel("here").write(here, { role: "presence", attributes: { name } });
  const id = String(await shell.command("join", here));
  await expect.poll(() => shell.state.attributes.people).toHaveProperty(id, name);
  return { id, here, wire, shell };
}

/** What a terminal shows that draws what the channel holds. */
async function shown({ state }: Pick<ReadChannel, "state">): Promise<string> {
  const screen = new Screen(state.attributes.size as unknown as Size); // it says so itself
  const part = state.message("shell")?.part("output");
  if (part?.kind !== "bytes") return "";
  await new Promise<void>((done) => screen.write(part.base, () => screen.write(part.bytes, done)));
  return new TextDecoder().decode(screen.base());
}

const until = (shell: ReadChannel, text: string | RegExp) =>
  expect.poll(() => shown(shell), { timeout: 20_000 }).toMatch(text);

test("one types, the others watch, and the keyboard is handed over", async () => {
  await start();
  const [ann, bob] = [await come("ann"), await come("bob")];
  await expect(ann.shell.command("input", "echo no\r")).rejects.toEqual(forbidden);
  await ann.shell.command("control", ann.id);
  await ann.shell.command("input", "echo $((40 + 2))\r");
  await until(bob.shell, "42");
  await expect(bob.shell.command("input", "exit\r")).rejects.toEqual(forbidden);
  await expect(bob.shell.command("resize", { cols: 3, rows: 3 })).rejects.toEqual(forbidden);
  await bob.shell.command("control", bob.id);
  await expect.poll(() => ann.shell.state.attributes.asking).toEqual([bob.id]);
  await ann.shell.command("control", bob.id);
  await bob.shell.command("resize", { cols: 100, rows: 30 });
  await bob.shell.command("input", "stty size\r");
  await until(ann.shell, "30 100");
  await bob.wire.close(); // its presence ends with its connection
  await expect.poll(() => ann.shell.state.attributes.controller, { timeout: 20_000 }).toBe(null);
  expect(ann.shell.state.attributes.people).toEqual({ [ann.id]: "ann" });
});

test("nobody writes the terminal's channel, reads who is here, or ends another one's presence", async () => {
  await start();
  const [ann, bob] = [await come("ann"), await come("bob")];
  expect((await ann.shell.write("shell").closed).error).toEqual(forbidden);
  const here = bob.wire.channel("here");
  here.subscribe(() => undefined);
  await expect.poll(() => here.error).toEqual(forbidden);
  await expect(here.command("stop", undefined, { message: ann.here })).rejects.toEqual(forbidden);
  await here.write(randomUUID(), { attributes: { name: "ann" } }).complete();
  expect(bob.shell.state.attributes.people).toEqual({ [ann.id]: "ann", [bob.id]: "bob" });
});

test("a flood is stopped by Ctrl-C, holds little, and leaves the screen to who comes late", async () => {
  await start();
  const ann = await come("ann");
  await ann.shell.command("control", ann.id);
  await ann.shell.command("input", "yes 'a line that comes again and again'\r");
  const position = ({ state }: ReadChannel) => {
    const part = state.message("shell")?.part("output");
    return part?.kind === "bytes" ? part.start + part.bytes.length : 0;
  };
  await expect.poll(() => position(ann.shell), { timeout: 30_000 }).toBeGreaterThan(1_000_000);
  await ann.shell.command("input", "\x03");
  await ann.shell.command("input", "echo en''ded\r");
  await until(ann.shell, "ended");
  const late = await come("late");
  await until(late.shell, "ended");
  expect(await shown(late.shell)).toBe(await shown(ann.shell));
  const part = late.shell.state.message("shell")?.part("output");
  if (part?.kind !== "bytes") throw new Error("no output");
  expect(part.base.length + part.bytes.length).toBeLessThan(64 * 1024);
});

test("who comes while a program has the screen sees that screen, and after it the shell's", async () => {
  const command = `printf 'before\\n'; printf '\\033[?1049h\\033[2J\\033[5;10Hfull screen\\033[?25l'; read line; printf '\\033[?25h\\033[?1049l'; exec sh -i`;
  await start(["/bin/sh", "-c", command]);
  const ann = await come("ann");
  await until(ann.shell, "full screen");
  await ann.shell.command("control", ann.id);
  await ann.shell.command("resize", { cols: 90, rows: 20 }); // what was printed is its base now
  const late = await come("late");
  await until(late.shell, "full screen");
  const [normal, program = ""] = (await shown(late.shell)).split("\x1b[?1049h");
  expect(normal).toMatch(/^before/);
  expect(program).toContain("\x1b[?25l");
  await ann.shell.command("input", "\r");
  await expect.poll(() => shown(late.shell)).not.toContain("full screen");
  expect(await shown(late.shell)).toMatch(/^before/);
});

test("what a program asks the terminal is answered once, whoever watches", async () => {
  await start([
    "/bin/sh",
    "-c",
    "stty raw -echo; printf '\\033[6n'; head -c 6 | od -c; exec sh -i",
  ]);
  const ann = await come("ann");
  await come("bob");
  await until(ann.shell, /033 {3}\[ {3}1 {3}; {3}1 {3}R/);
});

/** A program that waits until the file is there, and then says how many bytes it reads. */
const counting = (file: string): Program => [
  "/bin/sh",
  "-c",
  `stty raw -echo; printf ready; until [ -e ${file} ]; do sleep 0.05; done; head -c "$(cat ${file})" | wc -c`,
];

test("what a program does not read is kept up to a bound, and stops nobody else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-terminal-"));
  closing.push(() => rm(folder, { recursive: true }));
  const file = join(folder, "read");
  await start(counting(file));
  const ann = await come("ann");
  await ann.shell.command("control", ann.id);
  await until(ann.shell, "ready");
  const piece = "x".repeat(8 * 1024);
  const typed: Promise<unknown>[] = [];
  let refused: unknown;
  while (refused === undefined && typed.length < 1000) {
    const typing = ann.shell.command("input", piece);
    typing.catch((error: unknown) => {
      refused ??= error;
    });
    typed.push(typing);
    await ann.shell.command("control", ann.id); // it is answered meanwhile
  }
  expect(refused).toMatchObject({ code: "overloaded", message: /does not read/ });
  const taken = (typed.length - 1) * piece.length;
  await writeFile(file, String(taken));
  await until(ann.shell, new RegExp(`^ready${taken}`));
  await Promise.all(typed.slice(0, -1));
});

test("a program that asks the terminal more than it reads stops nobody", async () => {
  await start([
    "/bin/sh",
    "-c",
    "stty raw -echo; yes \"$(printf '\\033[6n')\" | head -c 100000; printf done; exec cat >/dev/null",
  ]);
  const ann = await come("ann");
  await until(ann.shell, "done");
});

test("a shell that ends can be begun anew", async () => {
  await start();
  const ann = await come("ann");
  await ann.shell.command("control", ann.id);
  await ann.shell.command("input", "exit 3\r");
  await until(ann.shell, "ended with 3");
  await ann.shell.command("input", "\r");
  await ann.shell.command("input", "echo ag''ain\r");
  await until(ann.shell, "again");
});

test("a page that is not built is not found until it is, and no path leads out of its folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-terminal-"));
  closing.push(() => rm(folder, { recursive: true }));
  const page = join(folder, "page");
  await start(SHELL, page);
  const ask = async (path: string) => (await fetch(`${backend.url}${path}`)).status;
  expect(await ask("")).toBe(404);
  await mkdir(page);
  await writeFile(join(page, "index.html"), "<title>Terminal</title>");
  await writeFile(join(folder, "secret.html"), "");
  expect(await ask("")).toBe(200);
  for (const path of ["../secret.html", "..%2fsecret.html", "%2e%2e/secret.html", "%"]) {
    expect(await ask(path)).toBe(404);
  }
});

test("the program prints where it is, and ends when it is told to", async () => {
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const tsconfig = fileURLToPath(new URL("../../tsconfig.json", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--import", "tsx", program, "--port", "0", "--", "/bin/sh", "-c", "while :; do echo x; done"],
    { env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = once(child, "close");
  await expect.poll(() => output, { timeout: 50_000 }).toContain("\n");
  const url = /http:\S+\//.exec(output)?.[0] ?? "";
  expect((await fetch(`${url}nothing.js`)).status).toBe(404);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(output.split("\n")).toHaveLength(2);
});
