import { Store } from "./store.js";

/** How the page looks; `system` follows the device. */
export type Theme = "system" | "light" | "dark";

const KEY = "deltawire-theme";

const isTheme = (value: unknown): value is Theme => value === "light" || value === "dark";

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return isTheme(kept) ? kept : "system";
  } catch {
    return "system"; // a browser that keeps nothing
  }
}

/** The theme that was chosen, kept for the next visit. */
export const theme: Store<Theme> = new Store<Theme>("system");

/** Chooses a theme. */
export function chooseTheme(next: Theme): void {
  theme.set(next);
  const { dataset } = document.documentElement;
  if (next === "system") delete dataset.theme;
  else dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // a browser that keeps nothing
  }
}

/** Chooses what was chosen on an earlier visit. */
export function restoreTheme(): void {
  chooseTheme(read());
}
