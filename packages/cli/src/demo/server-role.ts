import { createServer } from "@deltawire/server";
import { contentOf, holdingOf, writeHolding } from "./digest.js";
import { onOrder, report } from "./ipc.js";

/** What the server's process is told when it starts. */
export interface ServerSettings {
  readonly channel: string;
  readonly message: string;
  readonly folder: string;
}

/** The server: the real one, on a free port of this machine. */
export async function runServer({ channel, message, folder }: ServerSettings): Promise<void> {
  const server = createServer();
  // Plain: what is compressed could not be told apart by who counts it outside.
  const { url } = await server.listen({ port: 0, compression: false });
  report({ type: "listening", port: Number(new URL(url).port) });
  await new Promise<void>((finish) => onOrder(({ type }) => type === "finish" && finish()));
  const held = server.channel(channel).state.message(message);
  await writeHolding(folder, "server", holdingOf(held?.status ?? "missing", contentOf(held)));
  await server.close();
  report({ type: "done" });
}
