import { createCodec } from "@deltawire/protocol";
import { DeltawireError, SUBPROTOCOLS } from "@deltawire/spec";
import type { ServerEnd } from "../listener.js";
import { Network } from "../network.js";
import { Program } from "../program.js";
import type { Random } from "../random.js";
import { Process, World } from "../world.js";
import { hostileMessage } from "./hostile-messages.js";
import type { Target } from "./target.js";

/** Messages of one attack. */
const RUN = 30;

/** A client, whatever the server sends: nothing throws, it closes, and nothing of it is left. */
export const clientConnection: Target = {
  name: "client",
  async attack(random: Random) {
    const world = new World();
    const options = { latency: 1, jitter: 0, window: 1 << 20 };
    const traffic = { wrong: () => undefined, attached: () => undefined };
    const network = new Network(world, random.fork(), options, () => traffic);
    const compact = random.chance(0.6);
    let server: ServerEnd | undefined;
    network.listeners.push({
      process: new Process(world, "hostile"),
      accept: (offered, end) => {
        server = end;
        const accepted = { receive: () => undefined, end: () => undefined };
        return { protocol: offered[0] ?? "", accepted };
      },
    });
    const codec = compact ? "msgpack" : "json";
    const program = new Program("client", network, random.fork(), { codec, throttle: 0 });
    const channel = program.wire.channel("c");
    channel.subscribe(() => undefined);
    const writer = channel.write("m").append("x");
    const settle = async (milliseconds: number) => {
      const until = world.now + milliseconds;
      while (await world.step(until));
    };
    await settle(10);
    const welcome = createCodec(compact ? SUBPROTOCOLS.msgpack : SUBPROTOCOLS.json);
    const hello = {
      ...({ type: "welcome", version: 1, durability: "memory" } as const),
      ...(random.chance(0.7) && { capabilities: ["compact"] }),
    };
    for (const message of welcome.encode(hello)) server?.send(message);
    for (let i = 0; i < RUN; i++) {
      server?.send(hostileMessage(random, compact));
      await settle(random.int(30));
      if (!writer.ended) writer.append("y");
    }
    if (channel.error && !(channel.error instanceof DeltawireError)) throw channel.error;
    const closed = program.wire.close();
    await settle(700_000);
    await closed;
    if (program.process.timers === 0) return;
    throw new Error(`${program.process.timers} timers are left of a client`);
  },
  close() {
    // each attack has a client of its own
  },
};
