import type { ReactElement } from "react";
import { counted } from "./quantity.js";

/** What the agent thought, folded. */
export function Reasoning({ text }: { readonly text: string }): ReactElement {
  const words = text.split(/\s+/).length;
  return (
    <details className="reasoning">
      <summary>
        Reasoning <span className="quiet">{counted(words, "word")}</span>
      </summary>
      <p>{text}</p>
    </details>
  );
}
