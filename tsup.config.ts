import { defineConfig, type Options } from "tsup";

/** One build for every package: the entries and the exceptions stand in each `build` script. */
const config: ReturnType<typeof defineConfig> = defineConfig(
  (cli): Options => ({
    entry: ["src/index.ts"],
    format: ["esm", "cjs"],
    target: "es2022",
    // tsup 8 sets `baseUrl`, which TypeScript 6 deprecates.
    dts: cli.dts === false ? false : { compilerOptions: { ignoreDeprecations: "6.0" } },
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: false,
  }),
);

export default config;
