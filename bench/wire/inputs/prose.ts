import type { Random } from "../../../sim/random.js";

const THINGS = (
  "parser buffer request handler cache index worker queue token stream channel frame offset " +
  "reader writer session timer socket header payload schema table column query lock thread test " +
  "fixture build module import branch commit record field cursor window page button form menu " +
  "message answer prompt model context budget limit error warning trace report summary version " +
  "release change patch document paragraph sentence word letter screen panel editor terminal " +
  "process signal file folder path server client browser network proxy route key value store"
).split(" ");
const DEEDS = (
  "reads writes parses sends receives keeps drops closes opens checks repeats updates replaces " +
  "copies moves finds counts measures splits joins sorts filters loads saves restores retries " +
  "waits for returns ignores rejects accepts follows holds"
).split(/ (?!for)/);
const QUALITIES = (
  "small large slow fast stale empty full broken local remote first last second single shared " +
  "pending closed open late early quiet noisy exact rough simple deep flat narrow wide recent"
).split(" ");
const MANNERS = (
  "at once,after each change,before the test runs,on every call,in the same order,without a copy," +
  "one at a time,until it is done,under load,for most users,by default,when nobody looks," +
  "in the background,from the beginning,only on the second try,as the numbers show"
).split(",");
const OPENINGS = [
  ..."Usually,In short,Note that,As a rule,Here,So far,Most of the time,For example".split(","),
  ..."If you look closer,On the other hand,To be safe,Because of that,In this project".split(","),
];

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** English of nobody's in particular, for tests of speed and size: Markdown, and code in it. */
export class Prose {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  #thing(): string {
    const random = this.#random;
    const name = random.pick(THINGS);
    return random.chance(0.4) ? `${random.pick(QUALITIES)} ${name}` : name;
  }

  #clause(): string {
    const random = this.#random;
    const end = random.chance(0.5) ? ` ${random.pick(MANNERS)}` : "";
    return `the ${this.#thing()} ${random.pick(DEEDS)} the ${this.#thing()}${end}`;
  }

  /** A sentence without the space behind it. */
  sentence(): string {
    const random = this.#random;
    const join = random.pick([", and ", ", but ", "; ", ", so ", " while "]);
    const tail = random.chance(0.35) ? join + this.#clause() : "";
    const text = this.#clause() + tail;
    return random.chance(0.3) ? `${random.pick(OPENINGS)}, ${text}.` : `${capital(text)}.`;
  }

  paragraph(): string {
    return Array.from({ length: this.#random.int(5, 2) }, () => this.sentence()).join(" ");
  }

  #heading(): string {
    return `## ${capital(this.#thing())} and ${this.#thing()}`;
  }

  #list(): string {
    const random = this.#random;
    const item = () => `- **${this.#thing()}**: ${this.#clause()} (\`${this.#name()}\`)`;
    return Array.from({ length: random.int(6, 3) }, item).join("\n");
  }

  #name(): string {
    const random = this.#random;
    return random.pick(THINGS) + capital(random.pick(THINGS));
  }

  /** Some lines of a program. */
  code(): string {
    const random = this.#random;
    const [name, list, item] = [this.#name(), this.#name(), random.pick(THINGS)];
    const lines = [
      `export function ${name}(${list}: readonly string[]): number {`,
      `  let ${item}Count = ${random.int(100)};`,
      `  for (const ${item} of ${list}) {`,
      `    if (${item}.length > ${random.int(512)}) continue; // ${this.#clause()}`,
      `    ${item}Count += ${this.#name()}(${item}, ${random.int(64)});`,
      "  }",
      `  return ${item}Count;`,
      "}",
    ];
    return lines.slice(random.int(3)).join("\n");
  }

  #block(): string {
    const random = this.#random;
    const kind = random.next();
    if (kind < 0.6) return this.paragraph();
    if (kind < 0.75) return this.#list();
    if (kind < 0.87) return `\`\`\`ts\n${this.code()}\n\`\`\``;
    return this.#heading();
  }

  /** Markdown of at least a length. */
  markdown(length: number): string {
    const blocks: string[] = [];
    for (let sum = 0; sum < length; ) {
      const block = this.#block();
      blocks.push(block);
      sum += block.length + 2;
    }
    return blocks.join("\n\n");
  }
}
