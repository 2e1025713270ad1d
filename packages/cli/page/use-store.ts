import { useSyncExternalStore } from "react";

/** What {@link useStore} can read. */
interface Readable<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

/** The value of a store; the component renders again when it is another one. */
export function useStore<T>(store: Readable<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
