import { createHash } from "node:crypto";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@deltawire/client";
import { obey } from "../fanout/child.js";

/** What the producer's process is told to write: a message of its own each time. */
export type ProducerOrder =
  /** Tokens that say when they were written, at a rate. */
  | {
      readonly type: "stamps";
      readonly message: string;
      readonly throttle: number;
      readonly perSecond: number;
      readonly tokens: number;
    }
  /** Windows of a text, each once the log has the one before. */
  | { readonly type: "windows"; readonly message: string; readonly windows: readonly string[] };

/** The whole message, so that others can be compared with it. */
export interface Written {
  readonly length: number;
  readonly sha256: string;
}

const url = process.argv[2] ?? "";

async function write(order: ProducerOrder): Promise<Written> {
  const wire = connect(url, { throttle: order.type === "stamps" ? order.throttle : 0 });
  const channel = wire.channel("thread");
  const reply = channel.write(order.message);
  await channel.flush();
  let text = "";
  const append = (token: string) => {
    text += token;
    reply.append(token);
  };
  if (order.type === "windows") {
    for (const window of order.windows) {
      append(window);
      await channel.flush();
    }
  } else {
    const start = performance.now();
    for (let i = 0; i < order.tokens; i++) {
      await sleep(Math.max(0, start + (1000 * i) / order.perSecond - performance.now()));
      append(`${i} ${process.hrtime.bigint()}\n`);
    }
  }
  await reply.complete();
  await wire.close();
  return { length: text.length, sha256: createHash("sha256").update(text).digest("hex") };
}

obey({}, write);
