import process from "node:process";
import { parseArgs } from "node:util";
import { serveTerminal } from "./backend.js";

const { values, positionals } = parseArgs({
  options: { port: { type: "string" } },
  allowPositionals: true,
});
const [file, ...args] = positionals;
const backend = await serveTerminal({
  ...(values.port !== undefined && { port: Number(values.port) }),
  ...(file !== undefined && { command: [file, ...args] }),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error); // a port in use, say
  process.exit(1);
});
console.log(`A shell to share is at ${backend.url}: open it twice. Ctrl-C ends it.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void backend.close());
}
