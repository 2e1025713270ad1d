import type { Change, Frame, MessagePatch, Subprotocol, SubscribeFrame } from "@deltawire/spec";
import { apply } from "../apply.js";
import type { ChannelState } from "../channel-state.js";
import { createCodec } from "../codec.js";
import type { CodecContext } from "../codec-context.js";
import { SharedFrame } from "../shared-frame.js";
import { SnapshotAssembly } from "../snapshot.js";
import type { Codec, Wire } from "../wire.js";

/** What a frame did to a replica. */
export type Effect = "applied" | "ignored" | "gap" | "waiting" | "reset";

/** The rule of a consumer, and nothing else: what PROTOCOL.md, "Versions, in a consumer", says. */
export class Replica {
  readonly codec: Codec;
  state: ChannelState | undefined;
  #request = 0;
  #assembly: SnapshotAssembly | undefined;

  constructor(subprotocol: Subprotocol) {
    this.codec = createCodec(subprotocol);
  }

  /** Asks for the channel; what this end sends moves its codec too. */
  ask(channel: string): SubscribeFrame {
    this.#request += 1;
    this.#assembly = new SnapshotAssembly();
    const at = this.state && { epoch: this.state.epoch, seq: this.state.seq };
    const frame: SubscribeFrame = { type: "subscribe", channel, request: this.#request, ...at };
    this.codec.encode(frame);
    return frame;
  }

  /** Takes what the network brings. */
  receive(messages: readonly Wire[]): Effect[] {
    return messages.flatMap((message) => {
      const frame = this.codec.decode(message);
      return frame ? [this.take(frame)] : [];
    });
  }

  take(frame: Frame): Effect {
    if (frame.type === "snapshot") {
      const state = this.#assembly?.add(frame);
      if (!state) return "waiting";
      this.state = state;
      this.#assembly = undefined;
      return "reset";
    }
    if (frame.type !== "changes") return "ignored";
    if (!this.state) return "gap";
    if (frame.to <= this.state.seq) return "ignored";
    if (frame.from !== this.state.seq) return "gap";
    this.state = apply(this.state, frame);
    return "applied";
  }
}

/** The messages of a frame, for one receiver, in the context that all share. */
export function shared(codec: Codec, context: CodecContext, frame: SharedFrame["frame"]): Wire[] {
  return codec.encodeShared(new SharedFrame(frame, { plain: context }));
}

/**
 * Changes as a reader of tuples puts them together: patches of one message that follow each other
 * are one, and one that states nothing is none.
 */
export function merged(changes: readonly Change[]): Change[] {
  const list: Change[] = [];
  for (const change of changes) {
    const last = list.at(-1);
    if (change.type !== "message_patch") list.push(change);
    else if (Object.keys(pieces(change)).length === 0) continue;
    else if (last?.type === "message_patch" && last.id === change.id) {
      list[list.length - 1] = join(last, change);
    } else list.push({ type: change.type, id: change.id, ...pieces(change) });
  }
  return list;
}

const join = (a: MessagePatch, b: MessagePatch): MessagePatch => ({
  ...a,
  ...b,
  ...pieces({ ...a, parts: [...(a.parts ?? []), ...(b.parts ?? [])] }, true),
  ...attributes(a, b),
});

const attributes = (a: MessagePatch, b: MessagePatch): Partial<MessagePatch> => {
  const list = [...(a.attributes ?? []), ...(b.attributes ?? [])];
  return a.attributes || b.attributes ? { attributes: list } : {};
};

const pieces = (
  { parts, attributes, status, origin }: MessagePatch,
  partsOnly = false,
): Partial<MessagePatch> => ({
  ...(parts && parts.length > 0 && { parts }),
  ...(!partsOnly && attributes && { attributes }),
  ...(!partsOnly && status && { status }),
  ...(!partsOnly && origin !== undefined && { origin }),
});
