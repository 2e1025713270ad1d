/** The peers, as they stand in the results. */
export const STALLED_PEERS = ["deltawire", "ws"] as const;

export type StalledPeerName = (typeof STALLED_PEERS)[number];

/** A server that holds much text, to which more is added. */
interface StalledServer {
  readonly url: string;
  append(text: string): void;
  /** Says what consumers must hold. */
  readonly proof: string;
}

/** A consumer of all of the text. */
export interface StalledConsumer {
  /** Whether all that it reads now has come: nothing more, where it is paused. */
  readonly hasJoined: boolean;
  /** {@link StalledServer.proof} of what it holds. */
  readonly proof: string;
  resume(): void;
  close(): void;
}

/** A way to bring a text that is there already, and grows, to many. */
export interface StalledPeer {
  serve(): Promise<StalledServer>;
  /** @param reads whether it reads; else it is paused as soon as it is connected */
  follow(url: string, reads: boolean): StalledConsumer;
}

/** How many pieces: servers and consumers are told alike. */
const COUNT = Number(process.argv[3]);

/**
 * Pieces of 1 MB that are there before anybody joins. No line is like another one:
 * what compresses to nothing would fit between the processes, and nobody would stall.
 */
export const PIECES: readonly string[] = Array.from({ length: COUNT }, (_, piece) => {
  let random = piece + 1;
  let text = "";
  while (text.length < 1_000_000) {
    random = (random * 48_271) % 0x7fffffff; // Park and Miller's
    text += `${random.toString(36)} ${random % 7 === 0 ? "\n" : ""}`;
  }
  return text;
});
