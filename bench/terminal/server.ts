// The example's terminal in a process of its own; terminal.ts starts it.
import process from "node:process";
import { serveTerminal } from "../../examples/terminal/backend.js";
import { obey } from "../fanout/child.js";

/** Where it is. */
export interface Serving {
  readonly url: string;
  /** Bytes that it holds once what it does not is collected; 0 where nobody has asked. */
  readonly held: number;
}

const [file = "/bin/sh", ...args] = process.argv.slice(2);
const { url } = await serveTerminal({ port: 0, command: [file, ...args] });
const serving: Serving = { url: `${url.replace("http", "ws")}wire`, held: 0 };
obey(serving, async (): Promise<Serving> => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { ...serving, held: heapUsed + external };
});
