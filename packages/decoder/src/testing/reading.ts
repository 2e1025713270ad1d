import type { ChannelState } from "@deltawire/protocol";
import { vi } from "vitest";
import { ChannelReader } from "../channel-reader.js";
import { begin, changes, snapshot, splice, stateOf } from "./frames.js";

/** The state in which a reader starts. */
export const five: ChannelState = stateOf(5, begin("m", "hello"));

/** A reader, and a host that runs notifications when told to. */
export function setUp() {
  const due: (() => void)[] = [];
  const host = {
    open: vi.fn(),
    close: vi.fn(),
    send: vi.fn(),
    notify: vi.fn((run: () => void) => {
      due.push(run);
    }),
  };
  const reader = new ChannelReader("c", host);
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
