import { postgresStore } from "@deltawire/postgres";
import { redisLog } from "@deltawire/redis";
import { createServer } from "@deltawire/server";
import type { Passed, ServerNote, ServerRequest, ServerSettings } from "./requests.js";
import { answer, settings, tell } from "./runner.js";
import { TrappedLog, TrappedStore, Traps } from "./traps.js";

// A server on Redis and PostgreSQL, in a process of its own, that dies where it is told to.

const { port, redis, postgres, point, isLogging } = settings<ServerSettings>();
const say = (note: ServerNote): Promise<void> => tell(note);
const traps = new Traps(() => void say({ type: "dying", at: Date.now() }));
traps.set(point);

const report = (fields: object, message: string): void => {
  if (isLogging) console.error(`server ${port}: ${message}`, fields);
};

const server = createServer({
  data: {
    log: new TrappedLog(redisLog(redis), traps),
    store: new TrappedStore(postgresStore(postgres, { timeout: 3000 }), traps),
  },
  logger: { debug: () => {}, info: () => {}, warn: report, error: report },
});
server.on("message_completed", async ({ key, channel, message: { id, text } }) => {
  traps.pass("in a hook");
  await say({ type: "hook", key, channel, id, text });
});
answer<ServerRequest>((request): Passed => {
  traps.set(request.point);
  return traps.passed;
});
await server.listen({ port });
await say({ type: "listening" });
