import process from "node:process";
import { createServer, DeltawireError, type Logger, type Server } from "@deltawire/server";
import { UsageError } from "../usage-error.js";
import { accessChecks } from "./access.js";
import { openData } from "./data.js";
import { SERVE_HELP } from "./help.js";
import { jsonLogger } from "./json-logger.js";
import { parseServeOptions, type ServeOptions } from "./options.js";
import { readText } from "./read-text.js";
import { StartError } from "./start-error.js";
import { stopping } from "./stopping.js";

/**
 * `deltawire serve`: serves until a signal comes, then lets everybody go.
 *
 * @returns the exit code
 * @throws by rejection: UsageError, StartError
 */
export async function runServe(args: readonly string[]): Promise<number> {
  const options = parseServeOptions(args, process.env, readText);
  if (options === "help") {
    process.stdout.write(SERVE_HELP);
    return 0;
  }
  const logger = jsonLogger(options.logLevel, (line) => process.stderr.write(line));
  for (const name of options.strangers) logger.warn({ name }, "no option has this variable");
  endOnDefect(logger);
  const stop = stopping();
  const checks = await accessChecks(options.access, logger);
  const { data: settings, drain } = options;
  const { wait, retention } = settings;
  const data = await openData(settings, { wait, signal: stop.signal, logger });
  if (stop.signal.aborted) {
    await data?.close();
    return 0;
  }
  const { limits } = options;
  const server = createServer({ ...checks, limits, logger, data: { ...data, retention } });
  await listen(server, options, logger, data?.log?.durability);
  const reason = await stop.asked;
  logger.info({ reason, seconds: drain / 1000 }, "stopping");
  if (await isDone(server.close(), drain)) {
    logger.info({}, "stopped");
    return 0;
  }
  logger.error({ seconds: drain / 1000 }, "not stopped in time: some were cut off");
  return 1;
}

async function listen(
  server: Server,
  options: ServeOptions,
  logger: Logger,
  durability: string = "memory",
): Promise<void> {
  try {
    const { url, adminUrl } = await server.listen(options.listen);
    process.stdout.write(`${url}\n`);
    logger.info({ url, adminUrl, durability, pid: process.pid }, "listening");
  } catch (error) {
    await server.close();
    throw listenError(error, options);
  }
}

/** What is to be done about a server that cannot listen. */
function listenError(error: unknown, { listen }: ServeOptions): unknown {
  if (error instanceof DeltawireError && error.code === "forbidden") {
    const how = "give --token-file, --jwt-secret-file, --jwt-public-key or --jwks";
    const what = `on ${listen.host} anybody could connect`;
    return new UsageError(`${what}: ${how}; or leave --host out, for this machine alone`);
  }
  if (!(error instanceof Error) || !("code" in error)) return error;
  const port = "port" in error ? error.port : listen.port;
  const address = "address" in error ? error.address : listen.host;
  const flag = port !== undefined && port === listen.admin?.port ? "--admin-port" : "--port";
  switch (error.code) {
    case "EADDRINUSE":
      return new StartError(
        `port ${port} of ${address} is in use: stop what listens there, or give another ${flag}`,
      );
    case "EACCES":
      return new StartError(`port ${port} is not for this user: give another ${flag}`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new StartError(`this machine has no address ${address ?? listen.host}: see --host`);
    default:
      return error;
  }
}

/** Whether something is done in time. */
async function isDone(work: Promise<void>, time: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), time);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** After a defect nobody knows what state things are in: what starts the server starts it anew. */
function endOnDefect(logger: Logger): void {
  process.on("uncaughtException", (err) => {
    logger.error({ err }, "a defect ends this process");
    process.exit(1);
  });
}
