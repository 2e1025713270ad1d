import { type RefObject, useEffect, useRef } from "react";

/** Pixels from the end at which a reader still counts as being there. */
const NEAR = 24;

/**
 * Keeps an element that scrolls at its end while it grows, unless the reader has scrolled away.
 *
 * @returns what to put on that element; it has one child, which grows
 */
export function useStickToEnd<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    const content = element?.firstElementChild;
    if (!element || !content) return undefined;
    let isAtEnd = true;
    let top = element.scrollTop;
    const onScroll = () => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      // It may have grown since: only who scrolls up leaves the end.
      if (isNear || element.scrollTop < top) isAtEnd = isNear;
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
