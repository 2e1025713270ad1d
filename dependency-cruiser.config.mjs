/** What each package may import: DESIGN's layers, dependencies point one way only. */
const layers = {
  spec: [],
  protocol: ["spec"],
  encoder: ["protocol", "spec"],
  decoder: ["protocol", "spec"],
  server: ["encoder", "decoder", "protocol", "spec"],
  client: ["encoder", "decoder", "protocol", "spec"],
  level: ["server", "protocol"],
  redis: ["server"],
  postgres: ["server"],
  react: ["client"],
  inspector: ["client", "decoder", "protocol", "spec"],
  cli: [
    ...["client", "server", "level", "redis", "postgres", "protocol", "spec"],
    ...["react", "inspector"],
  ],
};

const folder = (name) => (name === "spec" ? "spec/" : `packages/${name}/`);

/** They do no IO: time and randomness are handed in. */
const engines =
  "^(spec/src|packages/(protocol|encoder|decoder)/src|packages/server/src/engine)/.+(?<!\\.test)\\.ts$";
const source = "^(spec|packages/[^/]+)/src/";
const test = "\\.test\\.tsx?$";

export default {
  forbidden: [
    ...Object.entries(layers).map(([name, below]) => ({
      name: `layer-${name}`,
      comment: `${name} may import ${below.join(", ") || "no other package"}`,
      severity: "error",
      from: { path: `^${folder(name)}` },
      to: {
        path: "^(spec|packages/[^/]+)/",
        pathNot: [name, ...below].map((allowed) => `^${folder(allowed)}`),
      },
    })),
    {
      name: "no-cycle",
      comment: "type-only imports count too",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "entry-only",
      comment: "another package is imported by its name, never by a file inside it",
      severity: "error",
      from: { path: "^(spec|packages/[^/]+)/" },
      to: {
        path: source,
        pathNot: [
          "^$1/",
          "/src/(index|testing|state|json|msgpack|composition|differences|filter|commands|history|reader)\\.ts$",
        ],
      },
    },
    {
      name: "pure-engine",
      comment: "an engine imports no part of Node and no socket",
      severity: "error",
      from: { path: engines },
      to: { path: "(^|node_modules/)(ws|isomorphic-ws)(/|$)" },
    },
    {
      name: "pure-engine-node",
      comment: "an engine imports no part of Node and no socket",
      severity: "error",
      from: { path: engines },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "web-only",
      comment:
        "requests are answered wherever the platform is the web's: no part of Node, no socket",
      severity: "error",
      from: {
        path: "^packages/server/src/(http[^/]*|event-stream|entrance|access|tickets)\\.ts$",
        pathNot: test,
      },
      to: { dependencyTypes: ["core", "npm"], pathNot: "deltawire" },
    },
    {
      name: "no-test-in-source",
      comment: "only tests import tests",
      severity: "error",
      from: { path: source, pathNot: test },
      to: { path: test },
    },
    {
      name: "declared",
      comment: "what is published stands in the package's dependencies, or is what its user brings",
      severity: "error",
      from: { path: source, pathNot: [test, "/src/testing"] },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown", "undetermined"],
        dependencyTypesNot: ["npm-peer"],
      },
    },
    {
      name: "resolved",
      comment: "every import leads somewhere",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(spec|packages/[^/]+|examples/[^/]+)/dist/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
