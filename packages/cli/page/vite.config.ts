import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";

/** The live page of `deltawire demo`; built by `vite build page` after the command itself. */
const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    // What is bundled asks for its notice to come along.
    license: { fileName: "licenses.md" },
  },
});

export default config;
