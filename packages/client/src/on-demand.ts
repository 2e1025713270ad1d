/** Code that is loaded when it is first needed, and is at hand from then on. */
export class OnDemand<Module> {
  readonly #import: () => Promise<Module>;
  #loading: Promise<Module> | undefined;
  #module: Module | undefined;
  #isMissing = false;

  /** @param load an `import()` of its own, so that a bundler makes it a file of its own */
  constructor(load: () => Promise<Module>) {
    this.#import = load;
  }

  /** What was loaded; undefined before that. */
  get module(): Module | undefined {
    return this.#module;
  }

  /** Whether it could not be loaded the last time: a deploy has taken it away, for example. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Loads it, unless that is done or under way. After a failure the next call tries again. */
  load(): Promise<Module> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Module> {
    try {
      this.#module = await this.#import();
      this.#isMissing = false;
      return this.#module;
    } catch (error) {
      this.#loading = undefined;
      this.#isMissing = true;
      throw error;
    }
  }

  /** Hands it over: at once where it is at hand. */
  use(take: (module: Module) => void, fail: (error: unknown) => void): void {
    if (this.#module) take(this.#module);
    else this.load().then(take, fail);
  }
}
