import type { TapEvent } from "@deltawire/client";
import type { ChannelState } from "@deltawire/protocol";

/** What is not kept any more. */
export interface Gone {
  readonly rows: number;
  /** Bytes of their messages; of texts, UTF-16 units. */
  readonly bytes: number;
}

/** What a recording is made of. */
export interface RecordingSource {
  readonly gone: Gone;
  readonly states: Iterable<readonly [name: string, state: ChannelState]>;
  readonly events: Iterable<TapEvent>;
}

/** The lines of a recording. */
export function* linesOf(_source: RecordingSource): Generator<string> {}
