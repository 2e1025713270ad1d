import type { ReactElement, ReactNode } from "react";
import { useStickToEnd } from "./use-stick-to-end.js";

interface ScrollRegionProps {
  /** Names it, for screen readers. */
  readonly label: string;
  /** How it looks, beside `body`. */
  readonly look?: string;
  readonly role?: "log";
  readonly children: ReactNode;
}

/** Something that scrolls in a card and follows its end; by the keys too, where there is no mouse. */
export function ScrollRegion(props: ScrollRegionProps): ReactElement {
  const { label, look = "", role, children } = props;
  const ref = useStickToEnd<HTMLElement>();
  return (
    <section className={`body ${look}`} ref={ref} role={role} aria-label={label} tabIndex={0}>
      <div>{children}</div>
    </section>
  );
}
