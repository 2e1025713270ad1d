import process from "node:process";
import { connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";

// A server or an editor in a process of its own, to be killed. Run by tests/kill.test.ts.

const [role, ...args] = process.argv.slice(2);

/** Listens on a port; a producer that is gone is noticed soon. */
async function serve(port: string, lost: string): Promise<void> {
  const server = createServer({ limits: { lease: 300, lost: Number(lost) } });
  const { url } = await server.listen({ port: Number(port), heartbeat: 300 });
  process.send?.({ url });
}

/** Writes numbered words, those that are there already at once: a restarted editor has them. */
async function edit(url: string, there: string, last: string): Promise<void> {
  const wire = connect(url, { producer: "editor-1", throttle: 5 });
  const reply = wire.channel("thread").write("turn-1");
  reply.set(Array.from({ length: Number(there) }, (_, i) => `word ${i} `).join(""));
  for (let i = Number(there); i <= Number(last); i++) {
    reply.append(`word ${i} `);
    if (i % 3 === 0) await new Promise((later) => setTimeout(later, 5));
  }
  await reply.complete();
  await wire.close();
}

await (role === "serve"
  ? serve(args[0] ?? "0", args[1] ?? "")
  : edit(args[0] ?? "", args[1] ?? "", args[2] ?? ""));
