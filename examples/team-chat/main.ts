import process from "node:process";
import { parseArgs } from "node:util";
import { serveChat } from "./backend.js";

const { values } = parseArgs({
  options: { port: { type: "string" }, plain: { type: "boolean", default: false } },
});
const backend = await serveChat({
  ...(values.port !== undefined && { port: Number(values.port) }),
  compact: !values.plain,
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error); // a port in use, say
  process.exit(1);
});
console.log(`A team's rooms are at ${backend.url}: open it twice. Ctrl-C ends it.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void backend.close());
}
