import { level } from "@deltawire/level";
import { createServer } from "@deltawire/server";
import { report } from "../demo/ipc.js";

/** What the page's server is told when it starts. */
export interface PageServerSettings {
  /** Where its channels survive its death. */
  readonly folder: string;
}

/** The page's server: the real one, on a free port of this machine, until it is killed. */
export async function runPageServer({ folder }: PageServerSettings): Promise<void> {
  const server = createServer({ data: level(folder) });
  // Plain: what is compressed could not be told apart by who counts it outside.
  const { url } = await server.listen({ port: 0, compression: false });
  report({ type: "listening", port: Number(new URL(url).port) });
  await new Promise<never>(() => undefined);
}
