import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Bundles a TypeScript program for Node, so that it runs without what reads TypeScript beside it.
 * Packages stay where they are: as they are built.
 *
 * @param entry URL of the program
 * @param outfile URL of the bundle, from where its packages can be found
 */
export async function bundleProgram(entry: URL, outfile: URL): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: fileURLToPath(outfile),
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    tsconfigRaw: {}, // its paths lead to the packages' source
    logLevel: "error",
  });
}
