import type { Clock } from "@deltawire/encoder";

/** This process's time. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, run) {
    if (delay > 0) {
      const timer = setTimeout(run, delay).unref();
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
  turn: (run) => void setImmediate(run),
};
