import { test } from "vitest";
import { logContract } from "./log-contract.js";
import { MemoryLog } from "./memory-log.js";

logContract({
  test,
  make: async () => {
    const log = new MemoryLog();
    return { log, another: async () => log.view(), close: async () => undefined };
  },
});
