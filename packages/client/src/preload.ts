import { OnDemand } from "./on-demand.js";

/** The MessagePack codec: needed by who does not ask for JSON. */
export const msgpack: OnDemand<typeof import("@deltawire/protocol/msgpack")> = new OnDemand(
  () => import("@deltawire/protocol/msgpack"),
);

/** The transport over HTTP: needed where WebSockets are blocked. */
export const http: OnDemand<typeof import("./http-connection.js")> = new OnDemand(
  () => import("./http-connection.js"),
);

/**
 * Loads what is otherwise loaded when it is first needed: the MessagePack codec, while the first
 * connection is opened, and the transport over HTTP. For a page that is to go on without the server
 * it came from, and for tests in which time is virtual.
 *
 * @throws by rejection: what `import()` throws, where the code cannot be loaded
 */
export async function preload(): Promise<void> {
  await Promise.all([msgpack.load(), http.load()]);
}
