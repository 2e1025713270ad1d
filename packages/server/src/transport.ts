import type { Wire } from "@deltawire/protocol";

/** Bytes that wait for a client to read; above this nothing is added but what it has asked for. */
export const HIGH_WATER: number = 16 * 1024;

/** Bytes that wait for a client at most: one that asks and does not read is cut off. */
export const MAX_WAITING: number = 1 << 20;

/** The connection under a session. */
export interface Transport {
  send(message: Wire): void;
  close(code: number, reason: string): void;
  /** Bytes that were sent and wait in this process. */
  readonly waiting: number;
  /** Says, once, what to call whenever {@link waiting} was above {@link HIGH_WATER} and no more is. */
  onDrain(run: () => void): void;
  /** Takes nothing more from the client, until {@link resume}; what is on its way may still come. */
  pause?(): void;
  resume?(): void;
}
