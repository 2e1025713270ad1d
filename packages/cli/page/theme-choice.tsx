import type { ReactElement } from "react";
import { Segments } from "./segments.js";
import { chooseTheme, type Theme, theme } from "./theme.js";
import { useStore } from "./use-store.js";

const THEMES: readonly (readonly [Theme, string])[] = [
  ["system", "Auto"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** Light, dark, or as the device is. */
export function ThemeChoice(): ReactElement {
  return (
    <Segments legend="Theme" options={THEMES} value={useStore(theme)} onChange={chooseTheme} />
  );
}
