import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { attach, type NeovimClient } from "neovim";
import { onTestFinished } from "vitest";
import type { FoundPart } from "../../../../../tests/real/part.js";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const plugin = fileURLToPath(new URL("../../", import.meta.url));

/** A Neovim without a screen, with the plugin from its source. */
export interface RealNeovim {
  readonly nvim: NeovimClient;
  /** Lines of its current buffer. */
  lines(): Promise<readonly string[]>;
  /** Leaves it as a user does, and waits until it is gone. */
  quit(): Promise<void>;
}

/** Starts one, in a folder of its own; it ends with the test. */
export async function startNeovim(part: FoundPart): Promise<RealNeovim> {
  const folder = await mkdtemp(join(tmpdir(), "deltawire-neovim-"));
  const child = spawn(join(part.folder, "nvim"), ["--embed", "--headless", "--clean", "-n"], {
    cwd: folder,
    // The plugin's process runs from source, and so do the packages that it imports.
    env: { ...part.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = new Promise<void>((ended) => child.once("exit", () => ended()));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await gone;
    await rm(folder, { recursive: true, force: true });
  });
  const nvim = attach({ proc: child });
  const host = join(plugin, "src/host.ts");
  const loader = join(root, "node_modules/tsx/dist/loader.mjs");
  await nvim.setVar("deltawire_command", [process.execPath, "--import", loader, host]);
  await nvim.setVar("deltawire_step", 0);
  await nvim.command(`set runtimepath+=${plugin}`);
  await nvim.command("runtime plugin/deltawire.lua");
  return {
    nvim,
    lines: () => nvim.request("nvim_buf_get_lines", [0, 0, -1, false]) as Promise<string[]>, // by its API
    quit: async () => {
      nvim.command("qall!").catch(() => undefined); // there is nobody left to answer
      await gone;
    },
  };
}
