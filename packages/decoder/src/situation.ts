import type { SnapshotAssembly } from "@deltawire/protocol/state";

/** Where a decoder is: it has asked, or is being loaded anew; it follows; or it has given up. */
export type Situation =
  | { readonly is: "idle" }
  | { readonly is: "waiting"; readonly request: number; readonly assembly: SnapshotAssembly }
  | { readonly is: "live" }
  | { readonly is: "failed" };
