// Writes spec/vectors and spec/schema: what every implementation must do, as data. The test of the
// vectors compares what is committed with what this makes.
import { mkdir, writeFile } from "node:fs/promises";
import { frameSchema } from "../spec/src/schema.js";
import { composition, jsonOperations, reducer, splices } from "./vectors/algebra.js";
import { compactStreams, timestamps } from "./vectors/compact.js";
import { compressedStreams, dictionaries } from "./vectors/compression.js";
import { fidelities, producers } from "./vectors/fidelity.js";
import { filters, refusedFilters } from "./vectors/filters.js";
import { jsonFrames, jsonRefused, msgpackControl, msgpackRefused } from "./vectors/messages.js";
import { msgpackStreams } from "./vectors/msgpack-streams.js";
import { sequences } from "./vectors/sequences.js";

/** The text of every generated file, by its path in spec/. */
export const files: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    "vectors/splices.json": { vectors: splices },
    "vectors/json-operations.json": { vectors: jsonOperations },
    "vectors/reducer.json": { vectors: reducer },
    "vectors/compose.json": { vectors: composition },
    "vectors/json-codec.json": { frames: jsonFrames, refused: jsonRefused },
    "vectors/msgpack-codec.json": {
      control: msgpackControl,
      refused: msgpackRefused,
      streams: msgpackStreams,
    },
    "vectors/compact.json": { timestamps, streams: compactStreams },
    "vectors/compression.json": { dictionaries, streams: compressedStreams },
    "vectors/sequences.json": { vectors: sequences },
    "vectors/fidelity.json": { texts: fidelities, producers },
    "vectors/filters.json": { filters, refused: refusedFilters },
    "schema/frames.schema.json": frameSchema(),
  }).map(([path, content]) => [path, `${JSON.stringify(content, null, 1)}\n`]),
);

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of Object.entries(files)) {
    const file = new URL(`../spec/${path}`, import.meta.url);
    await mkdir(new URL(".", file), { recursive: true });
    await writeFile(file, text);
    console.log(`${path}: ${text.length} bytes`);
  }
}
