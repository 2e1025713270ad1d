import type { ListenOptions, ServerLimits } from "@deltawire/server";
import { UsageError } from "../usage-error.js";
import { type AccessSettings, accessSettings } from "./access-settings.js";
import { type DataSettings, dataSettings } from "./data-settings.js";
import { MIGRATE_FLAGS, SERVE_FLAGS } from "./flags.js";
import { type Environment, type Given, GivenOptions, type ReadText } from "./given.js";
import { LOG_LEVELS, type LogLevel } from "./json-logger.js";
import { countOf, sizeOf, timeOf } from "./quantity.js";

/** What `deltawire serve` is asked to do. */
export interface ServeOptions {
  readonly listen: ListenOptions;
  readonly data: DataSettings;
  readonly access: AccessSettings;
  readonly limits: ServerLimits;
  readonly logLevel: LogLevel;
  /** Milliseconds. */
  readonly drain: number;
  /** Variables that look like ours, and are none. */
  readonly strangers: readonly string[];
}

/** What `deltawire migrate` is asked to do. */
export interface MigrateOptions {
  readonly postgres: string;
  /** Milliseconds. */
  readonly wait: number;
}

/** @throws UsageError */
export function parseServeOptions(
  args: readonly string[],
  env: Environment,
  read: ReadText,
): ServeOptions | "help" {
  if (asksForHelp(args)) return "help";
  const given = new GivenOptions("serve", SERVE_FLAGS, args, env);
  return {
    listen: listenOptions(given),
    data: dataSettings(given, read),
    access: accessSettings(given, read),
    limits: limitsOf(given),
    logLevel: levelOf(given.get("log-level")),
    drain: timeOf(given.get("drain") ?? { value: "25s", from: "--drain" }),
    strangers: given.strangers,
  };
}

/** @throws UsageError */
export function parseMigrateOptions(
  args: readonly string[],
  env: Environment,
  read: ReadText,
): MigrateOptions | "help" {
  if (asksForHelp(args)) return "help";
  const { postgres, wait } = dataSettings(
    new GivenOptions("migrate", MIGRATE_FLAGS, args, env),
    read,
  );
  if (postgres !== undefined) return { postgres, wait };
  throw new UsageError("nothing says where PostgreSQL is: give --postgres URL");
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}

function listenOptions(given: GivenOptions): ListenOptions {
  const port = given.get("port");
  const host = given.get("host")?.value;
  const path = given.get("path");
  const origins = given.get("origins");
  const adminPort = given.get("admin-port");
  const adminHost = given.get("admin-host");
  if (path && !/^\/[^?#\s]*$/.test(path.value)) {
    throw new UsageError(`${path.from} ${path.value}: a path begins with /, such as /wire`);
  }
  if (adminHost && !adminPort) {
    throw new UsageError(`${adminHost.from} is of no use without --admin-port`);
  }
  return {
    ...(port && { port: portOf(port) }),
    ...(host !== undefined && { host }),
    ...(path && { path: path.value }),
    ...(origins && { origins: originsOf(origins) }),
    ...(adminPort && {
      admin: { port: portOf(adminPort), ...(adminHost && { host: adminHost.value }) },
    }),
  };
}

function portOf(given: Given): number {
  return countOf(given, 0, 65_535);
}

function originsOf({ value, from }: Given): string[] {
  const origins = value.split(",").map((origin) => origin.trim());
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new UsageError(`${from}: ${JSON.stringify(origin)} is none: https://app.example.com is`);
  }
  return origins;
}

function limitsOf(given: GivenOptions): ServerLimits {
  const connections = given.get("max-connections");
  const each = given.get("max-connections-per-principal");
  const frames = given.get("max-frames-per-second");
  const bytes = given.get("max-bytes-per-second");
  const lease = given.get("producer-lease");
  const lost = given.get("producer-lost");
  return {
    ...(connections && { connections: countOf(connections) }),
    ...(each && { connectionsPerPrincipal: countOf(each) }),
    ...(frames && { framesPerSecond: countOf(frames) }),
    ...(bytes && { bytesPerSecond: sizeOf(bytes) }),
    ...(lease && { lease: timeOf(lease) }),
    ...(lost && { lost: timeOf(lost) }),
  };
}

function levelOf(given: Given | undefined): LogLevel {
  if (!given) return "info";
  const level = LOG_LEVELS.find((known) => known === given.value);
  if (level) return level;
  throw new UsageError(`${given.from} ${given.value}: there are ${LOG_LEVELS.join(", ")}`);
}
