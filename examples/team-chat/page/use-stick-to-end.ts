import { type RefObject, useEffect, useRef } from "react";

/** Pixels from the end at which a reader still counts as being there. */
const NEAR = 40;

/**
 * Keeps an element that scrolls at its end while its one child grows, unless the reader has scrolled
 * up. What is returned belongs on that element.
 */
export function useStickToEnd<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    const content = element?.firstElementChild;
    if (!element || !content) return undefined;
    let isAtEnd = true;
    let top = 0;
    const onScroll = () => {
      const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
      // It may have grown since: only who scrolls up leaves the end.
      if (rest < NEAR) isAtEnd = true;
      else if (element.scrollTop < top) isAtEnd = false;
      top = element.scrollTop;
    };
    const grown = new ResizeObserver(() => {
      if (isAtEnd) element.scrollTop = element.scrollHeight;
    });
    grown.observe(content);
    grown.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      grown.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, []);
  return ref;
}
