import type { Message } from "@deltawire/protocol";
import type { Ended, EngineSnapshot } from "./entry.js";
import type { Ledger } from "./ledger.js";

/**
 * A ledger as plain data.
 *
 * @param isStored whether the store has a message as it is: then it is not stated again
 */
export function snapshotOf(
  ledger: Ledger,
  isStored: (message: Message) => boolean = () => false,
): EngineSnapshot {
  const { state, keeper } = ledger;
  const ends = (map: ReadonlyMap<string, number>): Ended[] =>
    [...map].map(([id, generation]) => ({ id, generation }));
  return {
    channel: {
      epoch: state.epoch,
      seq: state.seq,
      attributes: state.attributes,
      ...(state.closed && { closed: state.closed }),
      messages: state.messages.map((message) => {
        if (!message.isFinal || !isStored(message)) return message.snapshot();
        return { id: message.id, generation: message.generation, stored: true };
      }),
    },
    token: ledger.producers.token,
    producers: ledger.producers.rows(),
    tombstones: ends(ledger.tombstones),
    absent: ledger.leases.rows(),
    ...(keeper !== undefined && { keeper }),
    ended: [...ledger.ended].map(([id, at]) => ({ id, at })),
    pending: ends(ledger.pending),
    commands: ledger.desk.snapshot(),
  };
}
