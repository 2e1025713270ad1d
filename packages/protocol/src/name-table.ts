import { DeltawireError, LIMITS } from "@deltawire/spec";
import { brief } from "./packer.js";
import { utf8Length } from "./utf8.js";

/** A name as it stands in a frame: its number, the number of its beginning with the rest, itself. */
export type WrittenName = number | readonly [number, string] | string;

/** Numbers begin again after this many: twice those that are held, so that each names one. */
const NUMBERS = 2 * LIMITS.max_names;

const malformed = (what: string): DeltawireError =>
  new DeltawireError("malformed", what, { path: "" });

/**
 * Names that frames of a channel have used, by number: PROTOCOL.md, "Names".
 *
 * 1. Numbers are given in order, modulo twice `max_names`.
 * 2. Past `max_names` or `max_names_bytes` the oldest names are forgotten.
 */
export class NameTable {
  /** Oldest first. */
  readonly #numbers = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  /** UTF-8 bytes of each name, by its number. */
  readonly #sizes: number[] = [];
  #bytes = 0;
  #next = 0;

  /** The number of the oldest name, and all names behind it; nothing where there is none. */
  get stated(): readonly (number | string)[] {
    const [first] = this.#numbers.values();
    return first === undefined ? [] : [first, ...this.#numbers.keys()];
  }

  /** The number of a name, if it has one. */
  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** UTF-8 bytes of the name that has a number. */
  bytesOf(number: number): number {
    return this.#sizes[number] ?? 0;
  }

  /** Whether a name could get a number, and no other one be forgotten for it. */
  hasRoomFor(name: string): boolean {
    if (this.#numbers.size >= LIMITS.max_names) return false;
    return this.#bytes + utf8Length(name) <= LIMITS.max_names_bytes;
  }

  /** How a name is written; it gets a number if it has none and `interns`. */
  write(name: string | undefined, interns: boolean): WrittenName | undefined {
    if (name === undefined) return undefined;
    const number = this.#numbers.get(name);
    if (number !== undefined) return number;
    const written = this.#shortened(name);
    if (interns) this.intern(name);
    return written;
  }

  /** By its longest beginning that has a number, which ends before a slash. */
  #shortened(name: string): WrittenName {
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
      const number = this.#numbers.get(name.slice(0, end));
      if (number !== undefined) return [number, name.slice(end)];
    }
    return name;
  }

  /**
   * The reverse of {@link write}; what is no name is returned as it is.
   *
   * @throws DeltawireError `malformed` for a number that no name has
   */
  read(value: unknown, interns: boolean): unknown {
    if (typeof value === "number") return this.at(value);
    const name = Array.isArray(value) ? this.#joined(value) : value;
    if (typeof name === "string" && interns) this.intern(name);
    return name;
  }

  /** The name that has a number. @throws DeltawireError `malformed` where none has */
  at(number: unknown): string {
    const name = typeof number === "number" ? this.#names[number] : undefined;
    if (name !== undefined) return name;
    throw malformed(`there is no name ${brief(number)} in the codec context`);
  }

  #joined([number, rest]: readonly unknown[]): string {
    if (typeof rest !== "string") throw malformed("expected a number and the rest of a name");
    return this.at(number) + rest;
  }

  /**
   * Gives a name the next number, unless it has one, or is too short or too long for that; returns
   * whether it did.
   */
  intern(name: string): boolean {
    const isOutside = name.length < 2 || name.length > LIMITS.max_names_bytes;
    if (isOutside || this.#numbers.has(name)) return false;
    const bytes = utf8Length(name);
    if (bytes > LIMITS.max_names_bytes) return false;
    this.#bytes += bytes;
    for (const [oldest, number] of this.#numbers) {
      if (this.#numbers.size < LIMITS.max_names && this.#bytes <= LIMITS.max_names_bytes) break;
      this.#numbers.delete(oldest);
      this.#names[number] = undefined;
      this.#bytes -= this.bytesOf(number);
    }
    this.#numbers.set(name, this.#next);
    this.#names[this.#next] = name;
    this.#sizes[this.#next] = bytes;
    this.#next = (this.#next + 1) % NUMBERS;
    return true;
  }

  /**
   * Takes what is {@link stated} by a frame.
   *
   * @throws DeltawireError `malformed` where the rules could not have made it
   */
  state([first, ...names]: readonly unknown[]): void {
    this.clear();
    if (first === undefined) return;
    if (names.length === 0) throw malformed("the number of a name, and no name");
    if (typeof first !== "number" || !Number.isInteger(first) || first < 0 || first >= NUMBERS) {
      throw malformed(`${brief(first)} is not the number of a name`);
    }
    this.#next = first;
    names.forEach((name, i) => {
      if (typeof name === "string") this.intern(name);
      if (typeof name === "string" && this.#numbers.size === i + 1) return;
      throw malformed(`${brief(name)} is not a name that can follow ${i} others`);
    });
  }

  clear(): void {
    this.#numbers.clear();
    this.#names.length = 0;
    this.#bytes = 0;
    this.#next = 0;
  }
}
