import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import manifest from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));

/** The packages that are published, without their scope. */
export const PACKAGES: readonly string[] = [
  ...["spec", "protocol", "encoder", "decoder", "client", "react", "inspector"],
  ...["server", "level", "redis", "postgres", "cli"],
];

/** A program's environment, without what npm and vitest tell their own. */
export function environment(): NodeJS.ProcessEnv {
  const { npm_config_json: _, NODE_ENV: __, VITEST: ___, ...env } = process.env;
  return env;
}

/** Runs a program in a folder; what it printed. */
export async function run(folder: string, command: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env: environment() });
  return stdout;
}

/**
 * Packs all packages into a folder, as npm would publish them.
 *
 * @param plugins further packages, by their names
 * @returns them as dependencies of a project in that folder
 */
export async function pack(
  folder: string,
  plugins: readonly string[] = [],
): Promise<Record<string, string>> {
  const names = [...PACKAGES.map((name) => `@deltawire/${name}`), ...plugins];
  await run(
    folder,
    ...(["npx", "--yes", manifest.packageManager, "--dir", root, "--recursive"] as const),
    ...names.flatMap((name) => ["--filter", name]),
    ...["pack", "--pack-destination", folder],
  );
  const tarballs = await readdir(folder);
  return Object.fromEntries(
    names.map((name) => {
      const start = `${name.replace("@", "").replace("/", "-")}-`;
      const file = tarballs.find((tarball) => tarball.startsWith(start));
      return [name, `file:${file}`];
    }),
  );
}

/** Installs what package.json names, from the packages beside it and the registry. */
export function install(folder: string): Promise<string> {
  return run(folder, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error");
}
