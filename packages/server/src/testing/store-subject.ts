import type { Store } from "../store.js";

/** A store under test: empty, and nobody else's. */
export interface StoreSubject {
  readonly store: Store;
  /** What is there once `store` has ended and was opened anew; absent where nothing outlives it. */
  reopen?(): Promise<Store>;
  /** Ends whatever was opened, and deletes it. */
  close(): Promise<void>;
}
