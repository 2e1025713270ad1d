/** What a page loads when it needs it, as files of its own: see `preload` of the client. */
const later = {
  msgpack: "@deltawire/protocol/msgpack",
  composition: "@deltawire/protocol/composition",
  http: "./http-connection-*",
  commands: "@deltawire/encoder/commands",
  history: "@deltawire/decoder/history",
};

/**
 * As a browser gets it: bundled, minified, gzipped.
 *
 * @param without what is loaded later, or comes from elsewhere
 */
const bundle = (name, path, names, limit, without = []) => ({
  name,
  path,
  import: names,
  limit,
  gzip: true,
  modifyEsbuildConfig: (config) => ({
    ...config,
    format: "esm",
    platform: "browser",
    // Measure what is published: no tsconfig paths that lead back to the source.
    tsconfigRaw: {},
    external: without,
    // A chunk of which nothing is left is what this measures.
    logOverride: { "ignored-bare-import": "silent" },
  }),
});

const atOnce = Object.values(later);
const reader = "packages/client/dist/reader.js";
const client = "packages/client/dist/index.js";

// What they are now, so that they do not grow unseen. The design asks for 12 kB for reading with the
// JSON codec, and for 20 kB in all. Neither is reached: the gate, the state, the reducer and repair alone
// are 12 kB, without a connection. What each feature costs stands in docs/sizes.md.
export default [
  bundle("read, JSON codec", reader, "{ connect }", "20.8 kB", atOnce),
  bundle("read, MessagePack", reader, "{ connect }", "35.2 kB", [
    later.composition,
    later.http,
    later.commands,
    later.history,
  ]),
  bundle("read and write, at once", client, "{ connect }", "38 kB", [later.msgpack, later.http]),
  bundle("read and write, with all that is loaded later", client, "*", "57.8 kB"),
  bundle("React beside its client", "packages/react/dist/index.js", "*", "1.8 kB", [
    "react",
    "react/*",
    "@deltawire/*",
  ]),
  bundle("inspector beside its client", "packages/inspector/dist/index.js", "*", "32 kB", [
    "@deltawire/*",
  ]),
];
