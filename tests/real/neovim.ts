import { type FoundPart, realPart } from "./part.js";

/** Neovim on this machine, 0.7 or newer. @param tests what does not run without it, in words */
export const neovimPart = (tests: string): Promise<FoundPart | undefined> =>
  realPart({ name: "neovim", commands: ["nvim"], packages: ["neovim"] }, tests);
