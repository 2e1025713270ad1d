import { type ReactElement, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { FrameLog } from "./frame-log.js";
import { FrameRowView } from "./frame-row-view.js";
import { useStore } from "./use-store.js";

/** Pixels of a row; frames.css has the same. */
const ROW = 26;

/** Rows beyond those in sight, so that scrolling shows no gap. */
const MORE = 6;

/** Pixels from the end at which a reader still counts as being there. */
const NEAR = ROW;

/** The last frames, of which only those in sight are elements; it follows the newest one. */
export function FrameList({ frames }: { readonly frames: FrameLog }): ReactElement {
  const total = useStore(frames.count);
  const scroller = useRef<HTMLElement>(null);
  const [view, setView] = useState({ top: 0, height: 300 });
  const [isFollowing, setFollowing] = useState(true);
  const first = frames.at(0)?.number ?? 1;
  const firstBefore = useRef(first);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(() => {
      setView({ top: element.scrollTop, height: element.clientHeight });
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `total` says that there are new rows
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // Old rows were let go of: what is being read stays where it is.
    const gone = first - firstBefore.current;
    firstBefore.current = first;
    if (isFollowing) element.scrollTop = element.scrollHeight;
    else if (gone > 0) element.scrollTop -= gone * ROW;
  }, [total, isFollowing, first]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR;
    // It may have grown since: only who scrolls up leaves the end.
    if (isNear || scrollTop < view.top) setFollowing(isNear);
    setView({ top: scrollTop, height: clientHeight });
  };

  const height = frames.length * ROW;
  const top = isFollowing ? Math.max(0, height - view.height) : view.top;
  const from = Math.max(0, Math.floor(top / ROW) - MORE);
  const to = Math.min(frames.length, Math.ceil((top + view.height) / ROW) + MORE);
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, i) => frames.at(from + i));
  return (
    <div className="frame-list">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by the keys */}
      <section className="body" ref={scroller} onScroll={onScroll} tabIndex={0} aria-label="Frames">
        {/* Elements of a real table cannot be placed row by row. */}
        {/* biome-ignore lint/a11y/useSemanticElements: see above */}
        <div role="table" aria-label="The last frames" aria-rowcount={frames.length + 1}>
          {/* biome-ignore lint/a11y/useSemanticElements: see above */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: a header is nothing to act on */}
          <div role="row" className="frame-head" aria-rowindex={1}>
            {["Time", "Way", "Kind", "Size", "What it says", "First bytes"].map((name) => (
              // biome-ignore lint/a11y/useSemanticElements: see above
              // biome-ignore lint/a11y/useFocusableInteractive: a header is nothing to act on
              <span role="columnheader" key={name}>
                {name}
              </span>
            ))}
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: see above */}
          <div role="rowgroup" style={{ height }} className="frame-space">
            {rows.map((row, i) =>
              row ? (
                <FrameRowView key={row.number} row={row} index={from + i} top={(from + i) * ROW} />
              ) : null,
            )}
          </div>
        </div>
      </section>
      {isFollowing ? null : (
        <button type="button" className="newest" onClick={() => setFollowing(true)}>
          Newest
        </button>
      )}
    </div>
  );
}
