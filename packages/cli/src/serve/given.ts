import { UsageError } from "../usage-error.js";
import { type FlagGroup, type FlagName, variableOf } from "./flags.js";

/** The value of an option, and where it was given: `--port`, or `DELTAWIRE_PORT`. */
export interface Given {
  readonly value: string;
  readonly from: string;
}

/** The environment, as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a file as text; one that cannot be read throws the system's error. */
export type ReadText = (file: string) => string;

/** What was given to a command, by flags and by environment; a flag wins. */
export class GivenOptions {
  readonly #command: string;
  readonly #flags: ReadonlyMap<string, Given>;
  readonly #variables: ReadonlyMap<string, Given>;
  /** Variables that look like ours, and are none: misspelled, most likely. */
  readonly strangers: readonly string[];

  /** @throws UsageError for a flag that is none, has no value, or comes twice */
  constructor(
    command: string,
    groups: readonly FlagGroup[],
    args: readonly string[],
    env: Environment,
  ) {
    this.#command = command;
    const names = new Set<string>(groups.flatMap(({ flags }) => flags.map(({ name }) => name)));
    this.#flags = this.#parse(names, args);
    const variables = new Map<string, Given>();
    for (const name of names) {
      const from = variableOf(name);
      const value = env[from];
      // Compose files hand over what is not set as "".
      if (value && !isOfKubernetes(from, value)) variables.set(name, { value, from });
    }
    this.#variables = variables;
    const known = new Set([...names].map(variableOf));
    this.strangers = Object.keys(env).filter(
      (name) => name.startsWith("DELTAWIRE_") && !known.has(name) && !isOfKubernetes(name),
    );
  }

  /** An option that may have been given. */
  get(name: FlagName): Given | undefined {
    return this.#flags.get(name) ?? this.#variables.get(name);
  }

  /**
   * The one of some options that exclude each other that was given. A flag wins over a variable here,
   * too.
   *
   * @throws UsageError where more are given in the same way
   */
  oneOf(names: readonly FlagName[]): (Given & { readonly name: FlagName }) | undefined {
    for (const source of [this.#flags, this.#variables]) {
      const given = names.flatMap((name) => {
        const option = source.get(name);
        return option ? [{ ...option, name }] : [];
      });
      if (given.length > 1) {
        throw new UsageError(`${given.map(({ from }) => from).join(" and ")}: give only one`);
      }
      if (given[0]) return given[0];
    }
    return undefined;
  }

  #parse(names: ReadonlySet<string>, args: readonly string[]): Map<string, Given> {
    const flags = new Map<string, Given>();
    for (let i = 0; i < args.length; i++) {
      const [, name = "", attached] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(args[i] ?? "") ?? [];
      if (!names.has(name)) throw this.#unknown(args[i] ?? "");
      const next = args[i + 1];
      const following = next?.startsWith("--") ? undefined : next;
      const value = attached ?? following;
      if (!value) throw new UsageError(`--${name} needs a value, see ${this.#help}`);
      if (attached === undefined) i += 1;
      if (flags.has(name)) throw new UsageError(`--${name} is given twice`);
      flags.set(name, { value, from: `--${name}` });
    }
    return flags;
  }

  #unknown(arg: string): UsageError {
    const [flag] = arg.split("="); // the rest may be a secret
    const what = arg.startsWith("-") ? `there is no option ${flag}` : `nothing is known of ${flag}`;
    return new UsageError(`${what}; see ${this.#help}`);
  }

  get #help(): string {
    return `deltawire ${this.#command} --help`;
  }
}

/**
 * Whether a variable is one that Kubernetes makes for a service of the name `deltawire`:
 * DELTAWIRE_PORT is an URL then.
 */
function isOfKubernetes(name: string, value = ""): boolean {
  if (/_SERVICE_(HOST|PORT)(_|$)/.test(name) || /_PORT_\d+_(TCP|UDP)(_|$)/.test(name)) return true;
  return name === variableOf("port") && /^(tcp|udp):\/\//.test(value);
}
