import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";

/** The page of `deltawire inspect`; built by `vite build inspect` after the command itself. */
const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  build: {
    outDir: "../dist/inspect",
    emptyOutDir: true,
    // What is bundled asks for its notice.
    license: { fileName: "licenses.md" },
    reportCompressedSize: true,
  },
});

export default config;
