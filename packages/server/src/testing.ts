// What adapters of a log and of a store are tested with: `@deltawire/server/testing`.

export { type LogContract, logContract } from "./testing/log-contract.js";
export type { LogSubject } from "./testing/log-subject.js";
export type { MemoryFault, MemoryFaults, MemoryTravel } from "./testing/memory-faults.js";
export { MemoryLog, type MemoryLogOptions, type MemoryLogView } from "./testing/memory-log.js";
export { MemoryStore } from "./testing/memory-store.js";
export { type StoreContract, storeContract } from "./testing/store-contract.js";
export type { StoreSubject } from "./testing/store-subject.js";
