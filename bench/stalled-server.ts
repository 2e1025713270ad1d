import process from "node:process";
import { createServer } from "@deltawire/server";

/** What the server's process is told, one after the other. */
export type ServerOrder = "append" | "collect" | "digest" | "end";

/** Characters of the channel before anybody joins: messages of 1 MB. */
const MESSAGE = 1_000_000;
const MESSAGES = 20;

/** Appends while consumers are stalled, one every 10 ms. */
const APPENDS = 300;

const server = createServer();
// Long enough that nobody who stalls is taken for dead.
const { url } = await server.listen({ port: 0, heartbeat: 600_000 });
const channel = server.channel("large", { throttle: 0 });
for (let i = 0; i < MESSAGES; i++) {
  const message = channel.write(`m${i}`);
  const line = `${i} is the number of this message, and this line is in it many times. `;
  message.append(line.repeat(Math.ceil(MESSAGE / line.length)));
  await message.complete();
}
const live = channel.write("live");
live.append("0\n");

/** Appends the time of each append: who reads it at once knows what the way took. */
async function append(): Promise<void> {
  for (let i = 0; i < APPENDS; i++) {
    live.append(`${process.hrtime.bigint()}\n`);
    await new Promise((later) => setTimeout(later, 10));
  }
}

process.on("message", async (order: ServerOrder) => {
  if (order === "append") await append();
  if (order === "collect") for (let i = 0; i < 4; i++) global.gc?.();
  if (order === "end") await server.close();
  const { seq, messages } = channel.state;
  const text = messages.at(-1)?.part("text");
  const crc32 = text?.kind === "text" ? text.content.crc32() : 0;
  process.send?.({ order, seq, crc32 });
  if (order === "end") process.disconnect();
});
process.send?.({ url });
