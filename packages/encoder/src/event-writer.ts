import { Message } from "@deltawire/protocol/state";
import {
  DeltawireError,
  type FinalStatus,
  type JsonObject,
  type JsonValue,
  type MessageAdded,
  type PartContent,
  toWellFormed,
} from "@deltawire/spec";
import type { Encoder } from "./encoder.js";
import type { Generations } from "./generations.js";
import { copyOf } from "./json-copy.js";
import type { Waiters } from "./waiters.js";
import type { WriterHost } from "./writer-host.js";

/** Milliseconds between two frames of events where no throttle is given. */
const EVENT_THROTTLE = 50;

/** Events that make a frame due where no throttle is given. */
const EVENT_BATCH = 10;

/** The id of the part that an event's value is. */
const VALUE = "value";

/** What an event is made of, beside its kind. */
export interface EventOptions {
  /** One that no other message has; the same event stated again is no other one. @default random */
  readonly id?: string;
  /** @default "event" */
  readonly role?: string;
  readonly attributes?: JsonObject;
  /** The message's default text part. @default none */
  readonly text?: string;
  /** A JSON part, by the id `value`. @default none */
  readonly value?: JsonValue;
  /** @default "completed" */
  readonly status?: FinalStatus;
}

/** An event that was written, and may be on its way. */
export interface WrittenEvent {
  readonly id: string;
  /**
   * Resolves when the server has it, as durable as its `welcome` said. Rejects with a DeltawireError
   * where the server refused it or cannot be reached; who does not wait for it need not catch that.
   */
  readonly held: Promise<void>;
}

/** The message that an event is: complete at birth. */
function eventOf(
  kind: string,
  head: Pick<MessageAdded, "id" | "generation">,
  { role = "event", attributes, text, value, status = "completed" }: EventOptions,
): MessageAdded {
  const parts: PartContent[] = [];
  if (text !== undefined) {
    parts.push({ id: Message.defaultPart, kind: "text", text: toWellFormed(text) });
  }
  if (value !== undefined) parts.push({ id: VALUE, kind: "json", value: copyOf(value) });
  return {
    type: "message_added",
    ...head,
    role,
    kind,
    ...(attributes && { attributes: copyOf(attributes) }),
    parts,
    status,
  };
}

/** A message is written here, and has not ended: no event can be made of it. */
export const isWritten = (id: string, channel: string): DeltawireError =>
  new DeltawireError("malformed", `message ${id} is being written here: end it`, { channel });

/** What an {@link EventWriter} writes with: its channel's. */
interface EventHost {
  readonly encoder: Encoder;
  readonly waiters: Waiters;
  readonly generations: Generations;
  /** The generation in which a message may begin. @throws DeltawireError where it may not */
  begin(id: string): number;
}

type EventOrigin = Pick<WriterHost, "batch" | "randomId">;

/** Writes events, and says when the frame is due that they wait for. */
export class EventWriter {
  readonly #host: EventHost;
  readonly #randomId: EventOrigin["randomId"];
  readonly #window: number | undefined;
  readonly #most: number;
  /** The version of that frame, and how many events it has by now. */
  #seq: number | undefined;
  #count = 0;

  /**
   * @param throttle milliseconds between two frames, of events as of all else. @default 50
   * @throws DeltawireError `malformed` where the batch is no number of events
   */
  constructor(host: EventHost, { batch, randomId }: EventOrigin, throttle?: number) {
    if (batch !== undefined && !(batch >= 1)) {
      throw new DeltawireError("malformed", `a batch is a number of events from 1, not ${batch}`);
    }
    this.#host = host;
    this.#randomId = randomId;
    this.#window = throttle === undefined ? EVENT_THROTTLE : undefined;
    this.#most = batch ?? (throttle === undefined ? EVENT_BATCH : Number.POSITIVE_INFINITY);
  }

  /** @throws DeltawireError where it is not what the protocol takes, or its message may not begin */
  write(kind: string, options: EventOptions): WrittenEvent {
    const { encoder, waiters, generations } = this.#host;
    const id = options.id ?? this.#randomId?.() ?? "";
    const added = eventOf(kind, { id, generation: this.#host.begin(id) }, options);
    const since = encoder.seq;
    encoder.change(added);
    // A random one does not come again.
    if (options.id !== undefined) generations.ended(id, added.generation, "message_final");
    const writer = { id, message: added, end: () => undefined };
    return { id, held: waiters.wait(this.#sent(encoder), { writer, since }) };
  }

  /** An event is pending: returns the version of its frame, undefined where that is not known. */
  #sent(encoder: Encoder): number | undefined {
    if (this.#window !== undefined) encoder.hasten(this.#window);
    const next = encoder.nextSeq;
    this.#count = next === this.#seq ? this.#count + 1 : 1;
    this.#seq = next;
    return this.#count >= this.#most ? encoder.flush() : next;
  }
}
