import { existsSync } from "node:fs";

/** As a browser gets it: bundled, minified, gzipped. */
const bundle = (name, path, limit) => ({
  name,
  path,
  limit,
  gzip: true,
  // Measure what is published: no tsconfig paths that lead back to the source.
  modifyEsbuildConfig: (config) => ({ ...config, tsconfigRaw: {}, platform: "browser" }),
});

export default [
  bundle("client, both codecs", "packages/client/dist/index.js", "20 kB"),
  bundle("client, JSON codec only", "packages/client/dist/json.js", "12 kB"),
].filter(({ path }, i) => i === 0 || existsSync(path));
