import type { Change } from "@deltawire/spec";
import { type Appended, ChannelEngine } from "../engine/channel-engine.js";
import { frame } from "./changes.js";

/** A producer that is attached to an engine, and numbers its frames. */
export class EngineWriter {
  readonly engine: ChannelEngine;
  readonly id: string;
  readonly token: number;
  seq: number;

  constructor(engine: ChannelEngine, id: string) {
    const { token, seq } = engine.attach(id).producing;
    this.engine = engine;
    this.id = id;
    this.token = token;
    this.seq = seq;
  }

  append(...changes: Change[]): Appended {
    const appended = this.engine.append(this.id, this.token, frame(this.seq, ...changes));
    this.seq += 1;
    return appended;
  }
}

/** An engine of channel "c", epoch "e", to which producer "p" is attached. */
export function startEngine(): { engine: ChannelEngine; writer: EngineWriter } {
  const engine = new ChannelEngine("c", "e");
  return { engine, writer: new EngineWriter(engine, "p") };
}
