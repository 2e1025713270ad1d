import { apply, ChannelState, diff, Message } from "@deltawire/protocol";
import {
  type Change,
  DeltawireError,
  type ErrorCode,
  type MessageAdded,
  type Refusal,
} from "@deltawire/spec";

/** What is left of a producer's changes, and what they lead to. */
export interface Admitted {
  readonly changes: readonly Change[];
  readonly refused: readonly Refusal[];
  readonly state: ChannelState;
}

/** Who asks, and what the channel knows beyond its state. */
export interface Admission {
  readonly producer: string;
  /** The fencing token of the producer's attachment. */
  readonly token: number;
  /** Generations of removed messages, by id. */
  readonly tombstones: ReadonlyMap<string, number>;
  /** Tokens of the attachments that last wrote to each open message, by id. */
  readonly owners: ReadonlyMap<string, number>;
}

/**
 * Decides which changes of a producer a channel takes. Changes to a message that is final, removed
 * or another producer's are dropped and named; a message that is stated anew becomes the patch
 * that leads to it; the rest applies as it is.
 *
 * @throws DeltawireError where a change does not apply: then none of them does
 */
export function admit(
  state: ChannelState,
  changes: readonly Change[],
  admission: Admission,
): Admitted {
  const admitted: Change[] = [];
  const refused = new Map<string, { code: ErrorCode; count: number }>();
  let draft = state;
  changes.forEach((change, i) => {
    const code = refusal(draft, change, admission);
    if (code && "id" in change) {
      const known = refused.get(change.id) ?? { code, count: 0 };
      refused.set(change.id, { ...known, count: known.count + 1 });
      return;
    }
    const steps = stepsOf(draft, change, admission.producer);
    if (isRepetition(draft, change) || steps.length === 0) return;
    draft = step(draft, steps, i);
    admitted.push(...steps);
  });
  return {
    changes: admitted,
    refused: [...refused].map(([message, { code, count }]) => ({ message, code, count })),
    state: draft,
  };
}

/** Why a change is dropped, if it is. */
function refusal(
  state: ChannelState,
  change: Change,
  { producer, token, tombstones, owners }: Admission,
): ErrorCode | undefined {
  if (!("id" in change)) return undefined;
  const message = state.message(change.id);
  const removed = tombstones.get(change.id);
  if (!message && removed === undefined) return undefined;
  if (change.type === "message_added") {
    // Newer fences older: a message stays with the latest attachment that has stated it.
    if (message && !message.isFinal && (owners.get(change.id) ?? 0) > token) return "not_owner";
    const generation = message?.generation ?? removed ?? 0;
    if (change.generation > generation || (message && !message.isFinal)) {
      return change.generation < generation ? "stale_generation" : undefined;
    }
    return message ? "message_final" : "message_removed";
  }
  if (!message) return change.type === "message_removed" ? undefined : "message_removed";
  if (message.origin !== producer) return "not_owner";
  return change.type === "message_patch" && message.isFinal ? "message_final" : undefined;
}

/** Completing twice is a no-op, and so is removing what is not there. */
function isRepetition(state: ChannelState, change: Change): boolean {
  if (change.type === "message_completed") return state.message(change.id)?.isFinal === true;
  return change.type === "message_removed" && !state.message(change.id);
}

/** The changes that a producer's change comes to. Who owns a message is not for it to say. */
function stepsOf(state: ChannelState, change: Change, producer: string): readonly Change[] {
  if (change.type === "message_added") return begin(state, producer, change);
  if (change.type !== "message_patch" || change.origin === undefined) return [change];
  const { origin: _stated, ...patch } = change;
  return [patch];
}

/** A message begins; or, where it is open already, becomes what is stated. */
function begin(state: ChannelState, producer: string, change: MessageAdded): readonly Change[] {
  const added = { ...change, origin: producer };
  const old = state.message(change.id);
  if (!old || old.isFinal || old.generation !== change.generation) return [added];
  const before = ChannelState.of("", { messages: [old] });
  const after = ChannelState.of("", { messages: [Message.of(added)] });
  return diff("", before, after).changes;
}

function step(state: ChannelState, changes: readonly Change[], index: number): ChannelState {
  const { seq } = state;
  const frame = { type: "changes", channel: "", from: seq, to: seq + 1, changes } as const;
  try {
    return apply(state, frame).with({ seq });
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const path = (error.path ?? "").replace(/^\/changes\/\d+/, `/changes/${index}`);
    throw new DeltawireError(error.code, error.message, { path });
  }
}
