// Runs the project's tasks on a clean clone: Node and npm are all it asks for.
// What it installs and builds on the way is told on stderr; stdout belongs to the task alone.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const shell = process.platform === "win32";

const env = {
  ...process.env,
  PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  // Programs run as their users run them: from the built packages, not from their source.
  TSX_TSCONFIG_PATH: join(root, "tsconfig.base.json"),
};
// .npmrc sets it for npm's banner; what runs below must not inherit it.
delete env.npm_config_loglevel;

const pnpm = ["npx", "--yes", "--loglevel=error", packageManager, "--loglevel=info"];
const turbo = (...args) => [...pnpm, "exec", "turbo", "run", ...args, "--output-logs=errors-only"];
const program = (file) => ["node", "--import", "tsx", file];
// What looks inside the packages runs their source: what is built does not show it.
const source = (file) => {
  env.TSX_TSCONFIG_PATH = join(root, "tsconfig.json");
  return program(file);
};

/** What asks a task to end. */
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"];

/** Tasks that need nothing built. */
const unbuilt = ["format", "sim", "fuzz", "faults"];

/** The checks, each with the command that runs it. */
const checks = {
  types: ["tsc", "-p", "tsconfig.json"],
  "lint and format": ["biome", "check", "--error-on-warnings"],
  imports: ["depcruise", "--config", "dependency-cruiser.config.mjs", "."],
  "unused code": ["knip"],
  packages: turbo("check:package", "--continue"),
  exports: program("scripts/check-exports.ts"),
  "bundle sizes": ["size-limit"],
  documents: program("scripts/check-documents.ts"),
};

const tasks = {
  build: () => 0,
  test: (args) => run(["vitest", "run", ...args]),
  demo: (args) => run(["node", "packages/cli/dist/cli.js", "demo", ...args]),
  bench: (args) => run([...program("bench/main.ts"), ...args]),
  example: ([name, ...args]) => {
    if (examples().includes(name)) return run([...program(`examples/${name}/main.ts`), ...args]);
    console.error(`usage: npm run example ${examples().join("|")} [-- arguments]`);
    return 2;
  },
  sim: (args) => run([...source("sim/main.ts"), ...args]),
  fuzz: (args) => run([...source("sim/fuzz/main.ts"), ...args]),
  faults: (args) => run([...source("tests/faults/main.ts"), ...args]),
  format: (args) => run(["biome", "check", "--write", ...args]),
  check: async ([...only]) => {
    const failed = [];
    for (const [name, command] of Object.entries(checks)) {
      if (only.length > 0 && !only.includes(name)) continue;
      console.log(`\n> ${name}`);
      if ((await run(command)) !== 0) failed.push(name);
    }
    console.log(failed.length > 0 ? `\nfailed: ${failed.join(", ")}` : "\nall checks passed");
    return failed.length > 0 ? 1 : 0;
  },
};

/** The programs in `examples/` that a task runs. */
function examples() {
  const isProgram = (name) => existsSync(join(root, "examples", name, "page"));
  return readdirSync(join(root, "examples")).filter(isProgram);
}

/** Runs the task itself, and hands it the signals that this process gets. */
function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, shell, stdio: "inherit" });
    const forward = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, forward);
    // The shell that npm starts hands no signal on: that it is gone is all that can be seen of one.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, 500);
    child.on("error", (error) => {
      clearInterval(watch);
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      for (const each of SIGNALS) process.off(each, forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** Prepares the task; whatever it prints goes to stderr. */
function prepare(what, [command, ...args]) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env,
    shell,
    stdio: ["ignore", 2, 2],
  });
  if (status === 0) return;
  console.error(`deltawire: ${what} failed${error ? `: ${error.message}` : ", see above"}`);
  process.exit(1);
}

/** pnpm keeps a copy of the lockfile that it installed. */
function installed() {
  const copy = join(root, "node_modules", ".pnpm", "lock.yaml");
  return existsSync(copy) && readFileSync(copy).equals(readFileSync(join(root, "pnpm-lock.yaml")));
}

const [name, ...args] = process.argv.slice(2).filter((arg, i) => i !== 1 || arg !== "--");
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
if (task === undefined) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(tasks).join("|")} [arguments]`);
  process.exit(2);
}
if (!installed()) prepare("install", [...pnpm, "install", "--frozen-lockfile"]);
if (!unbuilt.includes(name)) prepare("build", turbo("build"));
process.exitCode = await task(args);
