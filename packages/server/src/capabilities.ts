import type { Capability, HelloFrame } from "@deltawire/spec";
import type { FrameTaker } from "./channel-encoding.js";

/** What may be done with those who know it. */
export interface WireOptions {
  /** Whether a client that can read it is sent what was compressed. @default true */
  readonly compression?: boolean;
  /** Whether values are compact, to and from a client that knows them. @default true */
  readonly compact?: boolean;
}

/** What the two ends of a connection can do beyond the version. PROTOCOL.md, "Versioning". */
export class Capabilities {
  readonly #taker: Changeable;
  readonly #isCompressing: boolean;
  #isCompact: boolean;
  #hello: readonly string[] = [];

  /** @param taker who takes frames as it is told here */
  constructor(taker: Changeable, { compression = true, compact = true }: WireOptions) {
    this.#taker = taker;
    this.#isCompressing = compression;
    this.#isCompact = compact;
  }

  /** Those of the server, of what a client has stated. */
  answer({ capabilities = [] }: HelloFrame): readonly Capability[] {
    const isMeant = this.#taker.binary && capabilities.includes("compact");
    return this.#isCompact && isMeant ? ["compact"] : [];
  }

  /** Takes those of the client. */
  greet({ capabilities = [] }: HelloFrame): void {
    this.#hello = capabilities;
    this.#taker.takesCompressed = this.#isCompressing && this.#reads("deflate");
    this.compact = this.#isCompact;
  }

  /** Whether values are compact: downward at once, upward with the next connection. */
  set compact(value: boolean) {
    this.#isCompact = value;
    this.#taker.takesCompact = value && this.#reads("compact");
  }

  #reads(capability: Capability): boolean {
    return this.#taker.binary && this.#hello.includes(capability);
  }
}

/** One who takes frames, and can be told how. */
interface Changeable extends FrameTaker {
  takesCompressed: boolean;
  takesCompact: boolean;
}
