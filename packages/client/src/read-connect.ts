import { failureOf } from "./connection.js";
import { OnDemand } from "./on-demand.js";
import type { ReadOptions } from "./options.js";
import { systemPlatform } from "./platform.js";
import { preload as preloadConnection } from "./preload.js";
import { ReadChannel } from "./read-channel.js";
import { ReadWire } from "./read-wire.js";

/** What adds changes up: needed by who reads them one by one. */
const composition: OnDemand<typeof import("@deltawire/protocol/composition")> = new OnDemand(
  () => import("@deltawire/protocol/composition"),
);

/** What asks for commands. */
const commands: OnDemand<typeof import("@deltawire/encoder/commands")> = new OnDemand(
  () => import("@deltawire/encoder/commands"),
);

/** What asks for earlier messages. */
const history: OnDemand<typeof import("@deltawire/decoder/history")> = new OnDemand(
  () => import("@deltawire/decoder/history"),
);

/**
 * Connects to a server, on first use, to read: without the code that writes.
 *
 * @param url `ws:`, `wss:`, `http:` or `https:`, or relative to the page in a browser
 */
export function connect(url: string, options: ReadOptions = {}): ReadWire {
  return new ReadWire(
    url,
    options,
    systemPlatform,
    (name, host, own) => new ReadChannel(name, { ...host, composing, commanding, paging }, own),
  );
}

/**
 * Loads what is otherwise loaded when it is first needed: the MessagePack codec, while the first
 * connection is opened, the transport over HTTP, and what `changes()`, `command()` and `earlier()` of
 * a channel need. For a page that is to go on without the server it came from.
 *
 * @throws by rejection: what `import()` throws, where the code cannot be loaded
 */
export async function preload(): Promise<void> {
  await Promise.all([preloadConnection(), composition.load(), commands.load(), history.load()]);
}

const composing = async () => (await loaded(composition)).Composition;
const commanding = () => given(commands, ({ CommandCalls }) => CommandCalls);
const paging = () => given(history, ({ History }) => History);

/** What it is taken for, at once where it is at hand: what is asked for keeps its order. */
function given<Module, Taken>(
  code: OnDemand<Module>,
  take: (module: Module) => Taken,
): Taken | Promise<Taken> {
  return code.module ? take(code.module) : loaded(code).then(take);
}

async function loaded<Module>(code: OnDemand<Module>): Promise<Module> {
  try {
    return await code.load();
  } catch (error) {
    throw failureOf(error).error;
  }
}
