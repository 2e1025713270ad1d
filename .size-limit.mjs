/** As a browser gets it: bundled, minified, gzipped. */
const bundle = (name, path, limit) => ({
  name,
  path,
  limit,
  gzip: true,
  // Measure what is published: no tsconfig paths that lead back to the source.
  modifyEsbuildConfig: (config) => ({ ...config, tsconfigRaw: {}, platform: "browser" }),
});

// What it is now, so that it does not grow unseen. The design asks for 20 kB, and for 12 kB with the
// JSON codec alone: both are still to be reached.
export default [bundle("client, both codecs", "packages/client/dist/index.js", "47.5 kB")];
