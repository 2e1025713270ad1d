import { DeltawireError, type Filter } from "@deltawire/spec";
import { filterOf } from "./filter-input.js";
import { parseVersion, type Version } from "./http-version.js";

/** Milliseconds that a request waits for something new, at most. */
const MAX_WAIT = 60_000;

/** What stands behind the question mark, and what of it makes no sense is refused. */
export class Query {
  readonly #parameters: URLSearchParams;

  constructor(parameters: URLSearchParams) {
    this.#parameters = parameters;
  }

  text(name: string): string | undefined {
    return this.#parameters.get(name) ?? undefined;
  }

  /** @throws DeltawireError `malformed` where it is no whole number */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new DeltawireError("malformed", `${name} is a whole number`);
    }
    return value;
  }

  /** @throws DeltawireError `malformed` */
  version(name: string): Version | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseVersion(text, name);
  }

  /** How many messages, the last ones. @throws DeltawireError `malformed` */
  get last(): number | undefined {
    const last = this.number("last");
    if (last !== 0) return last;
    throw new DeltawireError("malformed", "last is 1 or more");
  }

  /** Which messages. @throws DeltawireError `malformed`, and what the gate throws of a filter */
  get filter(): Filter | undefined {
    const text = this.text("filter");
    if (text === undefined) return undefined;
    let filter: unknown;
    try {
      filter = JSON.parse(text);
    } catch {
      throw new DeltawireError("malformed", "filter is a filter as JSON", { path: "/filter" });
    }
    return filterOf(filter);
  }

  /** Milliseconds to wait for all of a channel that is made. @throws DeltawireError `malformed` */
  get waitForAll(): number {
    return Math.min(this.number("wait") ?? MAX_WAIT, MAX_WAIT);
  }

  /** Milliseconds to wait for something new. @throws DeltawireError `malformed` */
  get wait(): number {
    return Math.min(this.number("wait") ?? 0, MAX_WAIT);
  }
}
