export { type LevelData, type LevelOptions, level } from "./level.js";
