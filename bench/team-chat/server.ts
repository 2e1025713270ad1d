// The example's rooms in a process of their own; team-chat.ts starts it.
import { serveChat } from "../../examples/team-chat/backend.js";
import { obey } from "../fanout/child.js";

/** Where it is. */
export interface Serving {
  readonly url: string;
}

const { url } = await serveChat({ port: 0 });
const serving: Serving = { url };
obey(serving, async () => serving);
