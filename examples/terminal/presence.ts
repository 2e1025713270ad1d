import { DeltawireError, type Server } from "@deltawire/server";

/** People who may be here. */
const MAX_PEOPLE = 1000;

/**
 * Who is here: whoever has a message open in the channel `here`, which ends with his connection. Nobody
 * can read that channel, so only its writer can say which message is his.
 */
export class Presence {
  readonly #channel: ReturnType<Server["channel"]>;
  /** Whose each message is. */
  readonly #owners = new Map<string, string>();

  /** @param changed told whenever somebody may have come or gone */
  constructor(server: Server, changed: () => void) {
    this.#channel = server.channel("here");
    this.#channel.subscribe(changed);
  }

  /** Names of those who are here, by their principals. */
  get people(): Readonly<Record<string, string>> {
    const people: Record<string, string> = {};
    for (const [message, owner] of this.#owners) {
      const name = this.#nameIn(message);
      if (name !== undefined) people[owner] = name || `guest ${owner.slice(0, 3)}`;
    }
    return people;
  }

  /**
   * Somebody says which message is his.
   *
   * @throws DeltawireError `overloaded` where there are too many people
   */
  join(owner: string, message: string): void {
    if (this.#owners.size >= MAX_PEOPLE) {
      for (const id of this.#owners.keys()) {
        if (this.#nameIn(id) === undefined) this.#owners.delete(id);
      }
    }
    if (this.#owners.size >= MAX_PEOPLE)
      throw new DeltawireError("overloaded", `${MAX_PEOPLE} people are here already`);
    this.#owners.set(message, owner);
  }

  #nameIn(message: string): string | undefined {
    const { status, attributes } = this.#channel.state.message(message) ?? {};
    return status === "streaming" ? String(attributes?.name ?? "").slice(0, 40) : undefined;
  }
}
