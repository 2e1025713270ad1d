import { type ChannelState, Composition } from "@deltawire/protocol";
import { type Mock, vi } from "vitest";
import { ChannelReader, type ReaderHost } from "../channel-reader.js";
import { begin, changes, snapshot, splice, stateOf } from "./frames.js";

/** The state in which a reader starts. */
export const five: ChannelState = stateOf(5, begin("m", "hello"));

/** A reader, and a host that runs notifications when told to. */
interface Reading {
  readonly reader: ChannelReader;
  readonly host: {
    readonly [Name in Exclude<keyof ReaderHost, "retry" | "composing">]: Mock<ReaderHost[Name]>;
  };
  flush(): void;
  start(): void;
  append(text: string): void;
}

export function setUp(): Reading {
  const due: (() => void)[] = [];
  const host = {
    open: vi.fn<ReaderHost["open"]>(),
    close: vi.fn<ReaderHost["close"]>(),
    send: vi.fn<ReaderHost["send"]>(),
    notify: vi.fn<ReaderHost["notify"]>((run) => {
      due.push(run);
    }),
  };
  const reader = new ChannelReader("c", { ...host, composing: () => Composition });
  const flush = (): void => {
    for (const run of due.splice(0)) run();
  };
  /** The reader joins and gets its first state. */
  const start = (): void => {
    reader.receive(snapshot(reader.join().request, five));
    flush();
  };
  const append = (text: string): void => {
    const { seq } = reader.state;
    const at = reader.state.message("m")?.text.length ?? 0;
    reader.receive(changes(seq, seq + 1, splice("m", at, 0, text)));
  };
  return { reader, host, flush, start, append };
}
