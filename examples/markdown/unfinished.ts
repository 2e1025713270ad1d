import type { Block } from "./blocks.js";
export function finished(block: Block): string {
  return block.source;
}
