import process from "node:process";
import { level } from "@deltawire/level";
import { createServer } from "@deltawire/server";

// A server on a data folder, in a process of its own, to be killed. Run by
// tests/level-restart.test.ts.

const [port = "0", folder = ""] = process.argv.slice(2);

const server = createServer({ data: level(folder) });
server.on("message_completed", ({ channel, message }) => {
  process.send?.({ completed: `${channel}/${message.id}`, text: message.text });
});
const { url } = await server.listen({ port: Number(port), heartbeat: 300 });
process.send?.({ url });

process.once("SIGTERM", async () => {
  await server.close();
  process.exit(0);
});
