import type { JsonOperation, JsonValue } from "@deltawire/spec";

/** What a producer does to one part. Offsets and lengths are UTF-16 code units. */
export type Edit =
  /** A part begins: an empty text, or a JSON value. */
  | { readonly is: "text"; readonly part: string }
  | { readonly is: "json"; readonly part: string; readonly value: JsonValue }
  | { readonly is: "append"; readonly part: string; readonly text: string }
  /** A back-edit. */
  | {
      readonly is: "splice";
      readonly part: string;
      readonly offset: number;
      readonly removed: number;
      readonly text: string;
    }
  /** A JSON part changes, by operations that lead to `value`: a peer takes what serves it best. */
  | {
      readonly is: "patch";
      readonly part: string;
      readonly operations: readonly JsonOperation[];
      readonly value: JsonValue;
    };

/** One and the same run of an agent, for every peer. */
export interface Input {
  /** As it stands in the results. */
  readonly name: string;
  readonly title: string;
  /** Whether it was recorded elsewhere, and may not be there. */
  readonly isRecorded?: true;
  /** What happens, token by token; `at` in milliseconds. */
  readonly steps: readonly { readonly at: number; readonly edits: readonly Edit[] }[];
}

/**
 * A WebSocket message, a server-sent event with its fields and its empty line, or a line without
 * its end; headers, chunks and ends of lines are added by whoever counts.
 */
export type Message = string | Uint8Array;

/** What carries a peer's messages, as its users run it. */
export type Framing = "websocket" | "events" | "lines";

/** The producing side: edits in, what goes to each consumer out. */
export interface Sender {
  /** What a consumer is sent that is there before anything is written; not counted. */
  open?(): readonly Message[];
  /** Makes the edits of one window, and returns what is sent for it. */
  send(edits: readonly Edit[]): readonly Message[];
  /** What a server in between makes of them for each consumer; its time is counted apart. */
  relay?(messages: readonly Message[]): readonly Message[];
  /** Everything is complete. */
  end(): readonly Message[];
  /** What one who joins now is sent until it shows the present state. */
  join(): readonly Message[];
}

/** The consuming side, as the peer's own package does it. */
export interface Receiver {
  receive(message: Message): void | Promise<void>;
  /** What it shows of a part now. */
  read(part: string): string | JsonValue | undefined;
  /** Whether it has said, or thrown, that something is missing or wrong. */
  readonly hasNoticed: boolean;
}

/** A way to bring a growing text to those who watch it. */
export interface Peer {
  /** As it stands in the results. */
  readonly name: string;
  readonly title: string;
  /** The npm package whose version is printed; undefined for a way that has none. */
  readonly package?: string;
  readonly framing: Framing;
  /** Whether each token is sent as it comes; else those of 100 ms go together, as with Deltawire. */
  readonly isUnthrottled?: true;
  /** The same with a compression of its own; without one, that of the connection is counted. */
  readonly compressed?: Peer;
  /** Why it cannot carry an input; undefined where it can. */
  unfit?(input: Input): string | undefined;
  sender(input: Input): Sender;
  receiver(input: Input): Receiver;
}
