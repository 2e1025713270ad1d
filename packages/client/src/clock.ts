import type { Clock } from "@deltawire/encoder";

/** This process's or page's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, run) {
    if (delay > 0) {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    }
    let cancelled = false;
    queueMicrotask(() => {
      if (!cancelled) run();
    });
    return () => {
      cancelled = true;
    };
  },
};

/** Runs something before the next frame is painted; where nothing is painted, soon. */
export function nextFrame(run: () => void): void {
  const painted = typeof requestAnimationFrame === "function" && !globalThis.document?.hidden;
  if (painted) requestAnimationFrame(run);
  else setTimeout(run, 0);
}
