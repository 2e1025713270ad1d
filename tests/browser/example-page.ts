import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import tsconfig from "../../tsconfig.json" with { type: "json" };

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The page of an example, built in a folder of its own. */
export interface ExamplePage {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Builds the page of an example with the packages' source: it is what is tested. */
export async function buildExamplePage(name: string): Promise<ExamplePage> {
  const folder = await mkdtemp(join(tmpdir(), `deltawire-${name}-`));
  const paths = Object.entries(tsconfig.compilerOptions.paths);
  await build({
    configFile: join(root, "examples", name, "page/vite.config.ts"),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
    resolve: {
      alias: paths.map(([specifier, [target = ""]]) => ({
        find: new RegExp(`^${specifier.replace("*", "([^/]+)")}$`),
        replacement: join(root, target.replace("*", "$1")),
      })),
    },
  });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
