import { test } from "vitest";
import { MemoryStore } from "./memory-store.js";
import { storeContract } from "./store-contract.js";

storeContract({
  test,
  make: async () => ({ store: new MemoryStore(), close: async () => undefined }),
});
