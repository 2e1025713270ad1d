import { readFileSync } from "node:fs";

/** Reads a file that an option names, as UTF-8. @throws the system's error */
export const readText = (file: string): string => readFileSync(file, "utf8");
