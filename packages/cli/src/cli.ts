#!/usr/bin/env node
import process from "node:process";
import { type ConsumersSettings, runConsumers } from "./demo/consumers.js";
import { compareHoldings } from "./demo/digest.js";
import { type EditorSettings, runEditor } from "./demo/editor.js";
import { InputError } from "./demo/input-error.js";
import { report } from "./demo/ipc.js";
import { DEMO_HELP, parseDemoOptions } from "./demo/options.js";
import { runServer, type ServerSettings } from "./demo/server-role.js";
import { type PageEditorSettings, runPageEditor } from "./page/editor-role.js";
import { runDemoCommand } from "./page/run.js";
import { type PageServerSettings, runPageServer } from "./page/server-role.js";
import { runMigrate } from "./serve/migrate.js";
import { runServe } from "./serve/run.js";
import { StartError } from "./serve/start-error.js";
import { UsageError } from "./usage-error.js";

const HELP = `deltawire: text that grows in one place and is watched in many

Usage: deltawire COMMAND [options]

  serve    the server: in memory, in a folder, or one of many on Redis and PostgreSQL
  migrate  the tables that serve needs in PostgreSQL
  demo     a live page, and one editor and three consumers that are measured
  inspect  what crosses the wire: a channel of a server, or a recording of one

\`deltawire COMMAND --help\` tells more.
`;

/** Roles of the demo's processes; what they are told comes from the process that starts them. */
const ROLES: Readonly<Record<string, (settings: never) => Promise<void>>> = {
  "demo:server": (settings: ServerSettings) => runServer(settings),
  "demo:editor": (settings: EditorSettings) => runEditor(settings),
  "demo:consumers": (settings: ConsumersSettings) => runConsumers(settings),
  "demo:check": check,
  "demo:page-server": (settings: PageServerSettings) => runPageServer(settings),
  "demo:page-editor": (settings: PageEditorSettings) => runPageEditor(settings),
};

async function check(settings: {
  readonly folder: string;
  readonly names: string[];
}): Promise<void> {
  const differ = await compareHoldings(settings.folder, settings.names);
  report({ type: "checked", differ });
  if (differ.length > 0) process.exitCode = 1;
}

async function runRole(
  role: (settings: never) => Promise<void>,
  settings: string,
): Promise<number> {
  // A process that lost the one that started it has nothing left to do.
  process.on("disconnect", () => process.exit(1));
  // Ctrl-C reaches every process of a terminal: it is for the one that started this one.
  process.on("SIGINT", () => undefined);
  try {
    await role(JSON.parse(settings) as never); // written by `startRole` for this role
  } catch (error) {
    report({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    return 1;
  }
  process.removeAllListeners("disconnect");
  if (process.connected) process.disconnect();
  return Number(process.exitCode ?? 0);
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  const role = ROLES[command ?? ""];
  if (role) return runRole(role, args[0] ?? "");
  if (command === "demo") {
    const options = parseDemoOptions(args);
    if (options !== "help") process.exit(await runDemoCommand(options));
    console.log(DEMO_HELP);
    return 0;
  }
  // What is open still, such as a connection that does not end, keeps nobody waiting.
  if (command === "serve") process.exit(await runServe(args));
  if (command === "migrate") process.exit(await runMigrate(args));
  if (command === "inspect") {
    const { runInspect } = await import("./inspect/run.js"); // no other command needs its parts
    process.exit(await runInspect(args));
  }
  if (command === undefined || command === "--help") {
    console.log(HELP);
    return command ? 0 : 2;
  }
  throw new UsageError(`there is no command ${command}; see deltawire --help`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // What the user can mend is told in a line; anything else is ours, with its trace.
  const known = error instanceof UsageError || error instanceof InputError || isRoleError(error);
  const isStart = error instanceof StartError;
  console.error(known || isStart ? `deltawire: ${(error as Error).message}` : error);
  process.exit(isStart ? 1 : 2);
}

function isRoleError(error: unknown): boolean {
  return (
    error instanceof Error && /^((page-)?(server|editor)|consumers|check): /.test(error.message)
  );
}
