/** Work that is done one after the other, for each key of its own. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when what came before it, for the same key, has ended, well or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, turn);
    const end = (): void => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    };
    turn.then(end, end);
    return turn;
  }
}
