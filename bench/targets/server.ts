import { createServer } from "@deltawire/server";
import { obey } from "../fanout/child.js";

/** Where clients come in. */
export interface Listening {
  readonly url: string;
}

// A server as its users start it: what it does is measured from outside.
const server = createServer();
const { url } = await server.listen({ port: 0 });
obey({ url }, async () => ({}));
