/** One thing that is asked of an adapter. */
export interface ContractCase<Subject> {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** Milliseconds that something may take to be told, or to be forgotten. */
const PATIENCE = 10_000;

/** Asks again until it is so. @throws whatever the last question threw, after ten seconds */
export async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
