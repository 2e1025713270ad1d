import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logContract, storeContract } from "@deltawire/server/testing";
import { test } from "vitest";
import { level } from "./level.js";

/** A folder of its own, and what opens it. */
async function make() {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-level-"));
  let data = level(folder);
  const reopen = async () => {
    await data.close();
    data = level(folder);
    return data;
  };
  const close = async () => {
    await data.close();
    await rm(folder, { recursive: true });
  };
  return { data, reopen, close };
}

logContract({
  test,
  make: async () => {
    const { data, reopen, close } = await make();
    return { log: data.log, reopen: async () => (await reopen()).log, close };
  },
});

storeContract({
  test,
  make: async () => {
    const { data, reopen, close } = await make();
    return { store: data.store, reopen: async () => (await reopen()).store, close };
  },
});
