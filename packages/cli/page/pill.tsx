import type { ReactElement, ReactNode } from "react";

/** How a {@link Pill} looks. */
export type PillTone = "good" | "busy" | "bad" | "quiet";

/** A word of state, with a dot in its colour. */
export function Pill(props: {
  readonly tone: PillTone;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <span className="pill" data-tone={props.tone}>
      {props.children}
    </span>
  );
}
