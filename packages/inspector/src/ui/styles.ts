import { CONTENT_STYLES } from "./content-styles.js";
import { CONTROL_STYLES } from "./control-styles.js";
import { LAYOUT_STYLES } from "./layout-styles.js";

/**
 * The inspector's styles, for one document: constructed sheets are no inline styles to a content
 * security policy.
 */
export function styleSheets(): CSSStyleSheet[] {
  return [LAYOUT_STYLES, CONTROL_STYLES, CONTENT_STYLES].map((styles) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    return sheet;
  });
}
