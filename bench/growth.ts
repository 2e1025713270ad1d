import { measureUpdates, type UpdateName } from "./growth-peers.js";
import { growthOf } from "./growth-row.js";
import { measureLayers } from "./layers.js";
import type { Effort, GrowthRow, Named } from "./results.js";
import { measureSet } from "./set.js";
import { PEERS } from "./wire/peers.js";

/** Sizes of the text before it is measured, in characters. */
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7];

/** Rounds of our layers and of the peers; which of those, and which sizes. */
const EFFORTS = {
  smallest: { layers: 1, peers: 1, names: ["deltawire", "resend"], sizes: SIZES.slice(0, 3) },
  quick: {
    layers: 9,
    peers: 7,
    names: ["deltawire", "resend", "tail-patch", "fast-json-patch", "yjs"],
    sizes: SIZES,
  },
  full: { layers: 25, peers: 15, names: undefined, sizes: SIZES },
} as const satisfies Record<Effort, object>;

/** Ours layer by layer, of what is measured together. */
const LAYERS = {
  append: ["encoder", "server", "decoder", "decoder-read"],
  backEdit: ["encoder", "server", "decoder"],
  set: ["encoder", "compare", "encoder-wide", "compare-wide"],
} as const;

/**
 * What an update takes as the text grows from 1 KB to 10 MB, by what is done: by our layers, and by
 * each way to bring it to others, where that is encoding and applying.
 */
export async function measureGrowth(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<Named<GrowthRow>>> {
  const { layers, peers, names, sizes } = EFFORTS[effort];
  const isMeant = (name: string) => !names || (names as readonly string[]).includes(name);
  const meant = PEERS.filter(({ name }) => isMeant(name) && name !== "resend-token");
  progress("our layers");
  const { append, backEdit, looks } = measureLayers(sizes, layers);
  progress("set");
  const set = measureSet(sizes, layers);
  const rounds = { append, backEdit, set };
  const growth: Record<string, Record<string, GrowthRow>> = {};
  for (const [update, list] of Object.entries(LAYERS)) {
    const measured = rounds[update as keyof typeof LAYERS]; // its own key
    const rows = list.map((layer) => [layer, growthOf(measured, layer, sizes)] as const);
    growth[update] = Object.fromEntries(rows);
  }
  for (const update of ["append", "backEdit"] as const satisfies readonly UpdateName[]) {
    progress(`${update}, every way`);
    const look = { look: growthOf(looks, `look-${update}`, sizes) };
    growth[update] = {
      ...growth[update],
      ...look,
      ...(await measureUpdates(update, meant, sizes, peers)),
    };
  }
  return growth;
}
