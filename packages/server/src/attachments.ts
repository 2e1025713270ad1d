import { DeltawireError } from "@deltawire/spec";
import type { ChannelEngine } from "./engine/channel-engine.js";
import { fenced } from "./engine/producers.js";

/** One who writes to a channel under a producer's id: a connection, or a writer in this process. */
export interface Attachment {
  /** Whether it is gone already: one that is does not attach. */
  readonly isGone?: boolean;
  /** A later attachment of the same producer has taken its place. */
  fence(error: DeltawireError): void;
  /** The channel does not know it any more: it is to attach anew. */
  lose(error: DeltawireError): void;
}

interface Attached {
  readonly attachment: Attachment;
  readonly token: number;
  readonly instance: string | undefined;
  /** Whether the channel is about to learn that it is there. */
  isRenewed?: boolean;
}

/**
 * Says that a producer is there, where it was taken for gone.
 *
 * @param done to be called once the channel knows, before it learns of anything else, or will not
 */
type Renew = (producer: string, token: number, done: () => void) => void;

/** Who is attached to a channel at this server, by producer. */
export class Attachments {
  readonly #channel: string;
  readonly #renew: Renew;
  readonly #attached = new Map<string, Attached>();

  constructor(channel: string, renew: Renew) {
    this.#channel = channel;
    this.#renew = renew;
  }

  get size(): number {
    return this.#attached.size;
  }

  /** One has attached; an earlier one of the same producer is fenced, and told so. */
  put(producer: string, attachment: Attachment, token: number, instance?: string): void {
    const earlier = this.#attached.get(producer)?.attachment;
    this.#attached.set(producer, { attachment, token, instance });
    if (earlier && earlier !== attachment) earlier.fence(fenced(this.#channel, producer));
  }

  /** One is gone; returns its token, if it was there. */
  remove(producer: string, attachment: Attachment): number | undefined {
    const attached = this.#attached.get(producer);
    if (attached?.attachment !== attachment) return undefined;
    this.#attached.delete(producer);
    return attached.token;
  }

  /**
   * Others have decided something: who has attached at another server since is fenced here, and
   * who was taken for gone says that it is there.
   *
   * @param isAnew whether an incarnation has begun, which knows nobody
   */
  check(engine: ChannelEngine, isAnew: boolean): void {
    for (const [producer, attached] of [...this.#attached]) {
      const { attachment, token, instance } = attached;
      const current = engine.tokenOf(producer);
      if (isAnew || current === undefined) {
        this.#attached.delete(producer);
        attachment.lose(this.#unknown(producer));
      } else if (current !== token) {
        this.#attached.delete(producer);
        // What a program has sent over a connection that is gone may arrive late: it fences nobody.
        const isSame = instance !== undefined && instance === engine.instanceOf(producer);
        if (isSame) attachment.lose(this.#unknown(producer));
        else attachment.fence(fenced(this.#channel, producer));
      } else if (engine.isAbsent(producer) && !attached.isRenewed) {
        // Once, however much of what the others have decided comes before that.
        attached.isRenewed = true;
        this.#renew(producer, token, () => {
          attached.isRenewed = false;
        });
      }
    }
  }

  #unknown(producer: string): DeltawireError {
    const what = `this attachment of producer ${producer} is not known to the channel any more; attach anew`;
    return new DeltawireError("gap", what, { channel: this.#channel });
  }

  /** The channel has ended here. */
  end(error: DeltawireError): void {
    for (const { attachment } of [...this.#attached.values()]) attachment.lose(error);
    this.#attached.clear();
  }
}
