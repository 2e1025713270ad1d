import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import { SUBPROTOCOLS } from "@deltawire/spec";
import { WebSocket } from "ws";
import { pack } from "../../packages/protocol/src/msgpack-codec.js";
import type { Random } from "../random.js";
import { hostileMessage } from "./hostile-messages.js";
import { MOST_TIME, type Target } from "./target.js";

/** Messages of one attack. */
const RUN = 40;

/** Bytes by which a server may have grown at the end. */
const MOST_GROWTH = 512 * 2 ** 20;

/** A server behind real sockets: it has no defect, and others write and read on. */
export async function liveServer(): Promise<Target> {
  const server = createServer();
  const defects: unknown[] = [];
  server.on("error", ({ error }) => defects.push(error));
  const { url } = await server.listen({ port: 0 });
  const wire = connect(url, { throttle: 0 });
  const reader = connect(url, { throttle: 0 });
  const channel = reader.channel("others");
  channel.subscribe(() => undefined);
  const text = wire.channel("others").write("m");
  const before = process.memoryUsage().rss;

  /** Somebody who has nothing to do with it. */
  const expectAllWell = async () => {
    text.append("x");
    const late = wait(MOST_TIME * 5, "late");
    if ((await Promise.race([wire.channel("others").flush(), late])) === "late") {
      throw new Error("the server does not answer others");
    }
    const start = performance.now();
    while (channel.state.message("m")?.text !== text.message.text) {
      if (performance.now() - start > MOST_TIME * 5) throw new Error("others do not read on");
      await wait(1);
    }
    if (defects.length > 0) throw new Error("the server has a defect", { cause: defects[0] });
  };

  return {
    name: "live server",
    async attack(random: Random) {
      const compact = random.chance(0.6);
      const socket = new WebSocket(url, [compact ? SUBPROTOCOLS.msgpack : SUBPROTOCOLS.json]);
      socket.on("error", () => undefined); // a close follows
      socket.on("message", () => undefined);
      const closed = once(socket, "close");
      await Promise.race([once(socket, "open"), closed]);
      if (random.chance(0.9)) {
        const hello = { type: "hello", version: 1 } as const;
        socket.send(compact ? HELLO : JSON.stringify(hello));
      }
      for (let i = 0; i < RUN && socket.readyState === WebSocket.OPEN; i++) {
        socket.send(hostileMessage(random, compact));
        if (random.chance(0.02)) socket.terminate();
      }
      await expectAllWell();
      socket.terminate();
      await closed;
    },
    async close() {
      await Promise.all([wire.close(), reader.close()]);
      await server.close();
      const grown = process.memoryUsage().rss - before;
      if (grown > MOST_GROWTH) throw new Error(`the server has grown by ${grown} bytes`);
    },
  };
}

/** `hello` in MessagePack, of one who reads all that there is. */
const HELLO = pack({ type: "hello", version: 1, capabilities: ["compact", "deflate"] });
