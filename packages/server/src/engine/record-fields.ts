import { type Change, DeltawireError, type Frame, LIMITS, parseFrame } from "@deltawire/spec";

/** @param place JSON pointer into the record */
export const malformed = (place: string, expected: string): DeltawireError =>
  new DeltawireError("malformed", `expected ${expected} at ${place || "the root"}`, {
    path: place,
  });

/** An id, of whatever. */
export function idOf(value: unknown, place: string): string {
  const isId = typeof value === "string" && value !== "" && value.length <= LIMITS.max_id_length;
  if (isId) return value;
  throw malformed(place, "an id");
}

/** A version, a token, a count. */
export function countOf(value: unknown, place: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw malformed(place, "a whole number from 0");
}

/** A time in milliseconds: perhaps of a clock that counts parts of one. */
export function numberOf(value: unknown, place: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw malformed(place, "a number");
}

export function listOf(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(place, "a list");
}

/**
 * Takes a frame through the gate that everything else comes through.
 *
 * @param within where in the frame that stands which is at `place`
 */
export function frameOf<Type extends Frame["type"]>(
  type: Type,
  value: unknown,
  place: string,
  within = "",
): Extract<Frame, { readonly type: Type }> {
  try {
    const frame = parseFrame({ ...Object(value), type }, "bin");
    return frame as Extract<Frame, { readonly type: Type }>; // it has the type that it is given
  } catch (error) {
    if (!(error instanceof DeltawireError)) throw error;
    const path = (error.path ?? "").slice(within.length);
    throw malformed(`${place}${path}`, `what the protocol takes (${error.message})`);
  }
}

/** What a record states at one place: fields are asked for by their names, others are ignored. */
export class Fields {
  readonly place: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(value: unknown, place: string) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject || value instanceof Uint8Array) throw malformed(place, "an object");
    this.place = place;
    this.#values = value as Readonly<Record<string, unknown>>; // it was just looked at
  }

  at(name: string): string {
    return `${this.place}/${name}`;
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** The fields of those names that are there, as they are. */
  pick(...names: readonly string[]): Record<string, unknown> {
    const there = names.filter((name) => this.raw(name) !== undefined);
    return Object.fromEntries(there.map((name) => [name, this.raw(name)]));
  }

  id(name: string): string {
    return idOf(this.raw(name), this.at(name));
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value === "string") return value;
    throw malformed(this.at(name), "a string");
  }

  /** An object with that field, or without. */
  optionalId<Name extends string>(name: Name): { readonly [Key in Name]?: string } {
    const value = this.raw(name);
    // A computed name makes TypeScript forget which one it is.
    return (value === undefined ? {} : { [name]: this.id(name) }) as { [Key in Name]?: string };
  }

  count(name: string): number {
    return countOf(this.raw(name), this.at(name));
  }

  number(name: string): number {
    return numberOf(this.raw(name), this.at(name));
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (typeof value === "boolean") return value;
    throw malformed(this.at(name), "true or false");
  }

  fields(name: string): Fields {
    return new Fields(this.raw(name), this.at(name));
  }

  list<T>(name: string, read: (fields: Fields) => T): readonly T[] {
    const place = this.at(name);
    return listOf(this.raw(name), place).map((item, i) => read(new Fields(item, `${place}/${i}`)));
  }

  ids(name: string): readonly string[] {
    const place = this.at(name);
    return listOf(this.raw(name), place).map((item, i) => idOf(item, `${place}/${i}`));
  }

  changes(name: string): readonly Change[] {
    const changes = listOf(this.raw(name), this.at(name));
    if (changes.length === 0) return [];
    const frame = { channel: "-", from: 0, to: 1, changes };
    return frameOf("changes", frame, this.at(name), "/changes").changes;
  }
}
