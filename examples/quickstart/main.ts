import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";

// The server orders what is written, and brings each viewer what that one lacks.
const server = createServer();
const { url } = await server.listen({ port: Number(process.env.PORT ?? 4680) });
console.error(`to watch from another terminal: npm run watch -- ${url}`);

// A viewer; in a browser it is the same code. The state is immutable.
const viewer = connect(url);
async function watch() {
  let shown = 0;
  for await (const { state } of viewer.channel("build").changes()) {
    const [run] = state.messages;
    process.stdout.write(run?.text.slice(shown) ?? "");
    shown = run?.text.length ?? 0;
    if (run?.isFinal) return console.log(run.attributes);
  }
}
const watched = watch();

// A producer: a command's output as it comes, and a status that changes in place.
const { argv } = process;
const [command = "", ...args] = argv.length > 2 ? argv.slice(2) : ["node", "--help"];
const producer = connect(url);
const run = producer.channel("build").write("run-1", { attributes: { command, is: "running" } });
const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
const [[code]] = await Promise.all([
  once(child, "exit"),
  run.pipe(child.stdout.setEncoding("utf8")),
]);
run.setAttributes({ command, is: "done", code });
await run.complete(); // the server has it
await watched;
for (const end of [producer, viewer, server]) await end.close();
