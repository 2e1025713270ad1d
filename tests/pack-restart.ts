// A user's program, which pack.test.ts compiles against the packed packages and starts twice on one
// folder. The first time it writes, its listener fails, and it is killed; the second time its
// listener is told what was written, and it prints that and what the channel holds.
import { connect } from "@deltawire/client";
import { level } from "@deltawire/level";
import { createServer, type Server } from "@deltawire/server";

const [, , folder = "data", task = "write"] = process.argv;

async function write(server: Server): Promise<void> {
  server.on("error", () => undefined);
  server.on("message_completed", () => Promise.reject(new Error("not now")));
  const { url } = await server.listen({ port: 0 });
  const reply = connect(url, { throttle: 10 }).channel("thread").write("reply");
  for (const token of ["Hello", ",", " wor", "ld", " 👋"]) reply.append(token);
  await reply.complete();
  process.kill(process.pid, "SIGKILL");
}

async function read(server: Server): Promise<void> {
  const completed = new Promise<string>((resolve) => {
    server.on("message_completed", ({ message, key }) => resolve(`${message.text} ${key}`));
  });
  const thread = server.channel("thread");
  const held = new Promise<string>((resolve) => {
    thread.subscribe(() => {
      const message = thread.state.message("reply");
      if (message) resolve(`${message.status}: ${message.text}`);
    });
  });
  console.log(`${await held} | ${await completed}`);
  await server.close();
}

const server = createServer({ data: level(folder) });
(task === "write" ? write : read)(server).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
