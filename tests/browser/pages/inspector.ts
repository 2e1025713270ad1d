import { connect, type Wire } from "@deltawire/client";
import { mountInspector, Recorder } from "@deltawire/inspector";
import { Traffic } from "./inspector-traffic.js";

/** What a test does in the page. */
export interface InspectorLab {
  recorder: Recorder | undefined;
  wire: Wire | undefined;
  stop: () => void;
  /** Reads a channel over a wire, and mounts an inspector over it. */
  live(url: string, channel: string, codec?: "json" | "msgpack"): void;
  /** Mounts an inspector over so many rows that are made up. */
  many(rows: number): void;
  /** Adds so many. */
  more(rows: number): void;
}

const root = document.querySelector("#root") ?? document.body;
const events = new Traffic().events();

const lab: InspectorLab = {
  recorder: undefined,
  wire: undefined,
  stop: () => undefined,
  live(url, channel, codec = "msgpack") {
    const wire = connect(url, { codec, transport: "websocket" });
    lab.wire = wire;
    lab.recorder = new Recorder(wire);
    lab.stop = mountInspector(root, lab.recorder);
    wire.channel(channel).subscribe(() => undefined);
  },
  many(rows) {
    lab.recorder = new Recorder();
    lab.more(rows);
    lab.stop = mountInspector(root, lab.recorder);
  },
  more(rows) {
    for (let i = 0; i < rows; i++) {
      const { value } = events.next();
      if (value) lab.recorder?.take(value);
    }
  },
};

Object.assign(globalThis, { lab });
