import { apply, ChannelState, diff, Message } from "@deltawire/protocol";
import {
  type Change,
  DeltawireError,
  type ErrorCode,
  type MessageAdded,
  type Refusal,
} from "@deltawire/spec";

/** Messages of which it is remembered that a producer is behind. */
const MAX_STALE = 1024;

/** Generations of removed messages, by id. */
type Tombstones = ReadonlyMap<string, number>;

/** Who makes changes, and what the channel knows of others. */
export interface Author {
  readonly producer: string;
  /** Whether a message's owner has attached later than this producer. */
  isOutrankedBy(owner: string): boolean;
  readonly tombstones: Tombstones;
  /** Messages that it has stated in an older generation: what it says of them is of another text. */
  readonly stale?: ReadonlySet<string>;
}

/** What is left of a producer's changes, and what they lead to. */
export interface Admitted {
  readonly changes: readonly Change[];
  readonly refused: readonly Refusal[];
  /** The messages that these changes remove. */
  readonly removed: Tombstones;
  /** As in {@link Author}, after these changes. */
  readonly stale: ReadonlySet<string>;
  readonly state: ChannelState;
}

/**
 * Decides which changes of a producer a channel takes. Changes to a message that is final, removed
 * or another producer's are dropped and named; a message that is stated anew becomes the patch
 * that leads to it; the rest applies as it is. PROTOCOL.md, "Producing" and "Ownership".
 *
 * @throws DeltawireError where a change does not apply: then none of them does
 */
export function admit(state: ChannelState, changes: readonly Change[], by: Author): Admitted {
  const admitted: Change[] = [];
  let refused: Map<string, Refusal> | undefined;
  let removed: Map<string, number> | undefined;
  let stale = by.stale ?? NONE;
  let draft = state;
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i] as Change; // i < length
    const code = refusal(draft, change, by, stale, removed);
    if (change.type === "message_added") stale = staleAfter(stale, change.id, code);
    if (code && "id" in change) {
      const { id } = change;
      refused ??= new Map();
      const { count = 0 } = refused.get(`${code} ${id}`) ?? {};
      refused.set(`${code} ${id}`, { message: id, code, count: count + 1 });
      continue;
    }
    if (isRepetition(draft, change)) continue;
    const steps = stepsOf(draft, change, by, i);
    const old = change.type === "message_removed" ? draft.message(change.id) : undefined;
    if (old) {
      removed ??= new Map();
      removed.set(old.id, old.generation);
    }
    draft = step(draft, steps, i);
    admitted.push(...steps);
  }
  return {
    changes: admitted,
    refused: refused ? [...refused.values()] : [],
    removed: removed ?? NO_TOMBSTONES,
    stale,
    state: draft,
  };
}

const NONE: ReadonlySet<string> = new Set();
const NO_TOMBSTONES: Tombstones = new Map();

/** What a producer is behind with, once it has stated a message. */
function staleAfter(
  before: ReadonlySet<string>,
  id: string,
  code: ErrorCode | undefined,
): ReadonlySet<string> {
  if (code !== "stale_generation" && !before.has(id)) return before;
  const stale = new Set(before);
  stale.delete(id);
  if (code === "stale_generation") stale.add(id);
  const [oldest] = stale;
  if (stale.size > MAX_STALE && oldest !== undefined) stale.delete(oldest);
  return stale;
}

/** Why a change is dropped, if it is. */
function refusal(
  draft: ChannelState,
  change: Change,
  by: Author,
  stale: ReadonlySet<string>,
  removed: Tombstones = NO_TOMBSTONES,
): ErrorCode | undefined {
  if (!("id" in change)) return undefined;
  const message = draft.message(change.id);
  if (!message) {
    const generation = removed.get(change.id) ?? by.tombstones.get(change.id);
    if (generation === undefined || change.type === "message_removed") return undefined;
    const anew = change.type === "message_added" && change.generation > generation;
    return anew ? undefined : "message_removed";
  }
  const { generation, origin, isFinal } = message;
  if (change.type !== "message_added" && stale.has(change.id)) return "stale_generation";
  if (change.type === "message_added") {
    if (change.generation < generation) return "stale_generation";
    if (isFinal && isStatedAgain(message, change, by)) return undefined;
    // A message that has ended has no owner to be taken from.
    if (isFinal) return change.generation > generation ? undefined : "message_final";
    return origin !== undefined && by.isOutrankedBy(origin) ? "not_owner" : undefined;
  }
  if (isFinal && change.type === "message_patch") return "message_final";
  if (isFinal && change.type === "message_completed") {
    // Who hears nothing takes it that the message has ended as it says.
    const isRepeated = origin === by.producer && message.status === change.status;
    return isRepeated ? undefined : "message_final";
  }
  return origin === by.producer ? undefined : "not_owner";
}

/** Whether a message that has ended is stated as it is, by who has written it. */
function isStatedAgain(message: Message, change: MessageAdded, { producer }: Author): boolean {
  if (change.status !== message.status || message.origin !== producer) return false;
  return between(message, Message.of({ ...change, origin: producer })).length === 0;
}

/** Completing twice is a no-op, and so are stating an end again and removing what is not there. */
function isRepetition(draft: ChannelState, change: Change): boolean {
  if (change.type === "message_added") {
    const message = draft.message(change.id);
    return message?.isFinal === true && message.generation === change.generation;
  }
  if (change.type === "message_completed") return draft.message(change.id)?.isFinal === true;
  return change.type === "message_removed" && !draft.message(change.id);
}

/** What a change comes to; the origin of a message is never what a producer says it is. */
function stepsOf(
  draft: ChannelState,
  change: Change,
  by: Author,
  index: number,
): readonly Change[] {
  if (change.type === "message_added") return begin(draft, change, by, index);
  if (change.type !== "message_patch" || change.origin === undefined) return [change];
  const { origin: _, ...patch } = change;
  return [patch];
}

/** A message begins; or, where it is open already, becomes what is stated. */
function begin(
  draft: ChannelState,
  change: MessageAdded,
  by: Author,
  index: number,
): readonly Change[] {
  const added = { ...change, origin: by.producer };
  const old = draft.message(change.id);
  if (!old || old.isFinal || old.generation !== change.generation) return [added];
  const next = step(draft, [added], index).message(change.id);
  return between(old, next);
}

/** The changes from one version of a message to another. */
function between(before: Message, after: Message | undefined): readonly Change[] {
  const alone = (message: Message | undefined) =>
    ChannelState.of("", { messages: message ? [message] : [] });
  return diff("", alone(before), alone(after)).changes;
}

/** Applies steps; an error in one gets the place of the producer's change. */
function step(state: ChannelState, changes: readonly Change[], index: number): ChannelState {
  const { seq } = state; // the frame that they become takes the next one
  try {
    return apply(state, { type: "changes", channel: "", from: seq, to: seq, changes });
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const path = (error.path ?? "").replace(/^\/changes\/\d+/, `/changes/${index}`);
    throw new DeltawireError(error.code, error.message, { path });
  }
}
