import { DeltawireError } from "@deltawire/spec";

/** The fields of an object from outside, in a line of a file: each is checked as it is read. */
export class Fields {
  readonly value: object;
  readonly #line: number;
  readonly #path: string;

  /** @throws DeltawireError `malformed` where it is no object */
  constructor(value: unknown, line: number, path = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw Fields.wrong(line, path, "is no object");
    }
    this.value = value;
    this.#line = line;
    this.#path = path;
  }

  /** The error of what is wrong in a line. @param path JSON pointer (RFC 6901) into it */
  static wrong(
    line: number,
    path: string,
    what: string,
    code?: DeltawireError["code"],
  ): DeltawireError {
    const where = path === "" ? `line ${line}` : `line ${line}: ${path.slice(1)}`;
    return new DeltawireError(code ?? "malformed", `${where} ${what}`, {
      path: `#line=${line}${path}`,
    });
  }

  /** The error of what is wrong with a field. */
  wrong(name: string, what: string): DeltawireError {
    return Fields.wrong(this.#line, `${this.#path}/${name}`, what);
  }

  /** Runs something that is about a field; an error says where that is. */
  within<T>(name: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof SyntaxError) throw this.wrong(name, "is no JSON");
      if (!(error instanceof DeltawireError) || error.path?.startsWith("#line=")) throw error;
      const { code, message, path = "" } = error;
      throw Fields.wrong(this.#line, `${this.#path}/${name}${path}`, `is wrong: ${message}`, code);
    }
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  text(name: string): string {
    const value = this.#get(name);
    if (typeof value !== "string") throw this.wrong(name, "is no text");
    return value;
  }

  number(name: string): number {
    const value = this.#get(name);
    if (typeof value !== "number") throw this.wrong(name, "is no number");
    return value;
  }

  optionalNumber(name: string): number | undefined {
    return this.has(name) ? this.number(name) : undefined;
  }

  /** A whole number from 0. */
  whole(name: string): number {
    const value = this.number(name);
    if (!Number.isSafeInteger(value) || value < 0) throw this.wrong(name, "is no whole number");
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.#get(name);
    const found = values.find((each) => each === value);
    if (found === undefined) throw this.wrong(name, `is none of: ${values.join(", ")}`);
    return found;
  }

  object(name: string): Fields {
    return new Fields(this.#get(name), this.#line, `${this.#path}/${name}`);
  }

  error(name: string): DeltawireError {
    const fields = this.object(name);
    const place = {
      path: fields.has("path") ? fields.text("path") : undefined,
      channel: fields.has("channel") ? fields.text("channel") : undefined,
    };
    return new DeltawireError(
      DeltawireError.codeOf(fields.text("code")),
      fields.text("message"),
      place,
    );
  }

  #get(name: string): unknown {
    // Any object may be read like this; what is there is checked by who asks.
    const fields = this.value as Readonly<Record<string, unknown>>;
    return Object.hasOwn(fields, name) ? fields[name] : undefined;
  }
}
