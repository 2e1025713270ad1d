// Rooms of a team. Arguments: --port N (4684; 0 for any), --plain for values that are not compact.
import { parseArgs } from "node:util";
import { serveChat } from "./backend.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: process.env.PORT ?? "4684" },
    plain: { type: "boolean", default: false },
  },
});
const ending = new Promise((end) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
});

try {
  const backend = await serveChat({ port: Number(values.port), compact: !values.plain });
  console.log(`A team's rooms are at ${backend.url}: open it twice. Ctrl-C ends it.`);
  await ending;
  await backend.close();
} catch (error) {
  console.error(error instanceof Error ? error.message : error); // a port in use, say
  process.exit(1);
}
