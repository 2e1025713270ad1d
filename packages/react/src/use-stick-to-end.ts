import { type RefCallback, useCallback, useRef } from "react";

/** CSS pixels from the end at which a reader still counts as being there. */
const NEAR = 40;

/**
 * Keeps an element that scrolls at its end while what is in it grows, unless the reader has scrolled
 * up; who scrolls back to the end stays there again. Renders nothing.
 *
 * @returns belongs on the element that scrolls, as its `ref`; it has one child, which grows
 * @example
 * const scroller = useStickToEnd<HTMLElement>();
 * return <main ref={scroller}><div>{entries}</div></main>;
 */
export function useStickToEnd<E extends HTMLElement>(): RefCallback<E> {
  const leave = useRef<() => void>(undefined);
  return useCallback((element: E | null) => {
    leave.current?.();
    leave.current = element ? stickToEnd(element) : undefined;
  }, []);
}

/** Returns what ends it. */
function stickToEnd(element: HTMLElement): () => void {
  let isAtEnd = true;
  let top = 0;
  const onScroll = (): void => {
    const rest = element.scrollHeight - element.scrollTop - element.clientHeight;
    // It may have grown since: only who scrolls up leaves the end.
    if (rest < NEAR) isAtEnd = true;
    else if (element.scrollTop < top) isAtEnd = false;
    top = element.scrollTop;
  };
  const resized = new ResizeObserver(() => {
    if (isAtEnd) element.scrollTop = element.scrollHeight;
  });
  for (const each of [element, ...element.children]) resized.observe(each);
  element.addEventListener("scroll", onScroll, { passive: true });
  return () => {
    resized.disconnect();
    element.removeEventListener("scroll", onScroll);
  };
}
