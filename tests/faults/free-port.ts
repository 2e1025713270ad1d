import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A port that nobody listens on; a server that dies and comes back keeps it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has no other address
  server.close();
  await once(server, "close");
  return port;
}
