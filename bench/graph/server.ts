// One of the example's servers in a process of its own; graph.ts starts it.
import process from "node:process";
import { serveGraphs } from "../../examples/graph/backend.js";
import { watchFolder } from "../../examples/graph/folder.js";
import { obey } from "../fanout/child.js";

/** Where it is, and how many are there. */
export interface Serving {
  readonly url: string;
  readonly connections: number;
}

const [redis = "", heartbeat = "", folder] = process.argv.slice(2);
const { url, server } = await serveGraphs({ redis, port: 0, heartbeat: Number(heartbeat) });
if (folder !== undefined) await watchFolder(server, folder);

async function look(): Promise<Serving> {
  const response = await server.admin(new Request("http://localhost/stats"));
  const connections = Number(Object(await response?.json()).connections?.open);
  return { url: `${url.replace("http", "ws")}wire`, connections };
}

obey(await look(), async () => {
  globalThis.gc?.(); // what is held is measured, not what was thrown away
  return look();
});
