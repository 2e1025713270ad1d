import process from "node:process";
import { createServer } from "@deltawire/server";

// A server as its users start it: what it does is measured from outside.
const server = createServer();
const { url } = await server.listen({ port: 0 });
process.send?.({ url });
