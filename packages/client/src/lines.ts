// For plugins of editors: apart from what pages load.
export { TextLines, type TextSplice } from "./text-lines.js";
