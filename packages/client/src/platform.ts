import type { Clock } from "@deltawire/encoder";
import { DefaultSocket, type SocketConstructor } from "./socket.js";

/** What a client has of the world around it; a test or a simulation hands in another one. */
export interface Platform {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random(): number;
  readonly WebSocket: SocketConstructor;
  readonly fetch: typeof fetch;
  /** Runs something before the next frame is painted; where nothing is painted, soon. */
  notify(run: () => void): void;
  /** Calls back when the device or the page wakes up or is online again. Returns what stops it. */
  onWake(run: () => void): () => void;
}

/** Milliseconds after which an animation frame does not come any more. */
const LONGEST_FRAME = 1000;

/** This process's or page's time. */
const systemClock: Clock = {
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
  // A page draws at most once a frame: it needs no fewer.
  ...(typeof setImmediate === "function" && { turn: (run: () => void) => void setImmediate(run) }),
};

/** Random words, made many at a time: asking for one costs more than making it. */
const words = new Uint32Array(64);
let left = 0;

function random(): number {
  if (left === 0) {
    crypto.getRandomValues(words);
    left = words.length;
  }
  left -= 1;
  return (words[left] ?? 0) / 2 ** 32;
}

/** In a turn of its own. Node's shortest timer is a whole millisecond: it has something better. */
function soon(run: () => void): void {
  if (typeof setImmediate === "function") setImmediate(run);
  else setTimeout(run, 0);
}

/** This process or page. */
export const systemPlatform: Platform = {
  clock: systemClock,
  random,
  WebSocket: DefaultSocket,
  fetch: (...args) => fetch(...args),
  notify(run) {
    const painted = typeof requestAnimationFrame === "function" && !globalThis.document?.hidden;
    if (!painted) soon(run);
    else {
      // A page that is hidden meanwhile has no frames any more, and its title may tell of news.
      const timer = setTimeout(() => {
        cancelAnimationFrame(frame);
        run();
      }, LONGEST_FRAME);
      const frame = requestAnimationFrame(() => {
        clearTimeout(timer);
        run();
      });
    }
  },
  onWake(run) {
    const { document } = globalThis;
    const target: Partial<EventTarget> = globalThis; // in a page; Node has none of these events
    const onVisible = () => {
      if (!document?.hidden) run();
    };
    target.addEventListener?.("online", run);
    document?.addEventListener?.("visibilitychange", onVisible);
    return () => {
      target.removeEventListener?.("online", run);
      document?.removeEventListener?.("visibilitychange", onVisible);
    };
  },
};

/** A random id of five bits a unit; 13 are enough to tell producers apart, and short. */
export function randomId({ random }: Platform, length = 13): string {
  return Array.from({ length }, () => Math.floor(random() * 32).toString(32)).join("");
}
