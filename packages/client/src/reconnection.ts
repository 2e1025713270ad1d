import { CLOSE_CODES, type DeltawireError } from "@deltawire/spec";

/**
 * Milliseconds below which the first wait is; each failure doubles it. Clients that lose their
 * server together make 1.4 attempts each in the second after that, and 0.1 a second from 30 s on.
 */
export const BASE_DELAY = 1000;

/** Milliseconds below which every wait is. */
export const MAX_DELAY = 30_000;

/** Milliseconds more to wait for a server that is out of room. */
export const OVERLOADED_DELAY = 5_000;

/** Failures that being out of room counts for, on top: not all who came together come together. */
export const OVERLOADED_TRIES = 3;

/** Milliseconds that a server may ask to stay away. */
export const MAX_RETRY_AFTER = 600_000;

/** Milliseconds that a connection must have been open to count as a success. */
export const STEADY = 1_000;

/** How a connection ended. */
export interface Loss {
  /** A WebSocket close code, or that which fits best. */
  readonly code: number;
  readonly error: DeltawireError;
  /** Milliseconds for which the server asked to stay away. */
  readonly retryAfter?: number | undefined;
  /** Whether another token may be had. */
  readonly mayRenew?: boolean;
}

/** Since when there is no connection, on the platform's clock, and why. */
export interface Outage {
  readonly since: number;
  readonly error: DeltawireError;
}

/** Where a client is with its connection; `tries` counts failures since the last success. */
export type Situation =
  /** Nobody has needed one yet. */
  | { readonly is: "idle" }
  | { readonly is: "connecting"; readonly tries: number; readonly outage?: Outage | undefined }
  | { readonly is: "open"; readonly tries: number; readonly since: number }
  /** The server may have asked to stay away until `notBefore`. */
  | {
      readonly is: "waiting";
      readonly tries: number;
      readonly notBefore: number;
      readonly outage: Outage;
    }
  /** Not to be made again, unless somebody asks for that where it `mayReturn`. */
  | { readonly is: "stopped"; readonly error: DeltawireError; readonly mayReturn: boolean };

/** What happens to a client's connection. */
export type ConnectionEvent =
  /** Somebody uses a channel. */
  | { readonly type: "needed" }
  /** The server has said welcome. */
  | { readonly type: "opened"; readonly now: number }
  /** `random` is from 0 to below 1. */
  | { readonly type: "closed"; readonly now: number; readonly random: number; readonly loss: Loss }
  /** The wait is over. */
  | { readonly type: "elapsed" }
  /** The device is awake, or online, again. */
  | { readonly type: "woken"; readonly now: number }
  /** The user does not want to wait. */
  | { readonly type: "retried" }
  /** The user is done. */
  | { readonly type: "ended"; readonly error: DeltawireError };

/** What is to be done about it; `probe` is to find out whether the connection is alive. */
type ConnectionAction =
  | { readonly do: "connect" | "probe" | "stop" }
  | { readonly do: "wait"; readonly ms: number };

/** Where an event leads, and what is to be done then. */
export interface Step {
  readonly situation: Situation;
  readonly action?: ConnectionAction;
}

/** Milliseconds to wait after failures, with full jitter: many clients come back spread out. */
export function backoff(tries: number, random: number): number {
  return random * Math.min(MAX_DELAY, BASE_DELAY * 2 ** tries);
}

/**
 * The one place that decides whether and when to connect again. Pure.
 *
 * 1. There is no finite number of tries, and no wait longer than {@link MAX_DELAY}, unless the
 *    server has asked for one.
 * 2. Nothing but the user leaves `stopped`, and only where it may be left.
 * 3. A connection is only asked for in `connecting`, once each time that is entered.
 * 4. What wakes up does not wait, but for what the server has asked for.
 */
export function step(situation: Situation, event: ConnectionEvent): Step {
  if (situation.is === "stopped") return fromStopped(situation, event);
  switch (event.type) {
    case "needed":
      return situation.is === "idle" ? connect(situation) : { situation };
    case "opened": {
      if (situation.is !== "connecting") return { situation };
      return { situation: { is: "open", tries: situation.tries, since: event.now } };
    }
    case "closed":
      return closed(situation, event);
    case "elapsed":
    case "retried":
      return situation.is === "waiting" ? connect(situation) : { situation };
    case "woken":
      if (situation.is === "open") return { situation, action: { do: "probe" } };
      if (situation.is !== "waiting" || event.now < situation.notBefore) return { situation };
      return connect(situation);
    case "ended":
      return stop(event.error, false);
  }
}

function fromStopped(situation: Situation & { is: "stopped" }, event: ConnectionEvent): Step {
  if (event.type === "retried" && situation.mayReturn) return connect({ is: "idle" });
  return event.type === "ended" ? stop(situation.error, false) : { situation };
}

function connect(situation: Situation): Step {
  const before = situation.is === "waiting" ? situation : undefined;
  return {
    situation: { is: "connecting", tries: before?.tries ?? 0, outage: before?.outage },
    action: { do: "connect" },
  };
}

function stop(error: DeltawireError, mayReturn: boolean): Step {
  return { situation: { is: "stopped", error, mayReturn }, action: { do: "stop" } };
}

const FINAL: readonly number[] = [
  CLOSE_CODES.normal,
  CLOSE_CODES.protocol_error,
  CLOSE_CODES.superseded,
];

function closed(
  situation: Exclude<Situation, { is: "stopped" }>,
  { now, random, loss }: ConnectionEvent & { type: "closed" },
): Step {
  if (situation.is !== "connecting" && situation.is !== "open") return { situation };
  const { code, error, retryAfter } = loss;
  if (FINAL.includes(code)) return stop(error, false);
  const isOpen = situation.is === "open";
  // Who was welcome before may be so again, with a new cookie for example.
  if (code === CLOSE_CODES.unauthorized && !loss.mayRenew) return stop(error, isOpen);
  const tries = isOpen && now - situation.since >= STEADY ? 0 : situation.tries;
  const away = Math.min(retryAfter ?? 0, MAX_RETRY_AFTER);
  const isFull = code === CLOSE_CODES.overloaded;
  const asked = Math.max(away, isFull ? OVERLOADED_DELAY : 0);
  // A server that names a time has spread its clients already.
  const more = away > 0 ? 0 : backoff(tries + (isFull ? OVERLOADED_TRIES : 0), random);
  const ms = asked + more;
  const since = isOpen ? now : (situation.outage?.since ?? now);
  return {
    situation: {
      is: "waiting",
      tries: tries + 1,
      notBefore: now + asked,
      outage: { since, error },
    },
    action: { do: "wait", ms },
  };
}
