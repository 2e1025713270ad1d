import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerChannel } from "@deltawire/server";
import { failuresOf, itemsOf, pageOf } from "./items.js";

/** Milliseconds of silence after which a stream says that it is alive. */
const HEARTBEAT = 15_000;

const [LIMIT, MAX_LIMIT] = [50, 500] as const;

/** Resolves once a feed is complete, or failed; who waits for it counts as one who reads it. */
function complete(feed: ServerChannel, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!feed.state.closed && !signal?.aborted) return;
      stop();
      if (feed.state.closed) resolve();
      else reject(signal?.reason);
    };
    const stop = feed.subscribe(look);
    signal?.addEventListener("abort", look);
    look();
  });
}

/** Answers with a feed as one document, once it is complete: `?limit=`, `&cursor=`. */
export async function answerDocument(
  feed: ServerChannel,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const limit = Number(query.get("limit") ?? LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new RangeError(`limit is a whole number from 1 to ${MAX_LIMIT}`);
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await complete(feed, gone.signal);
  const { messages, closed } = feed.state;
  const page = pageOf(itemsOf(messages), limit, query.get("cursor") ?? undefined);
  const status = closed?.error ? (closed.error.code === "unknown_person" ? 404 : 503) : 200;
  const body = closed?.error ? { error: closed.error } : { ...page, failed: failuresOf(messages) };
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}

/**
 * Answers with a feed as it comes, for a plain EventSource: `feed_items` with items that are new,
 * `feed_error` for a source that failed, `feed_complete` at the end. An event's id is a place in the
 * feed; one that comes back gets what is behind it, and 204 where that is nothing, which ends it.
 */
export function answerEvents(
  feed: ServerChannel,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  let sent = 0;
  let known = request.headers["last-event-id"]?.toString();
  let isBegun = false;
  const begin = (): void => {
    isBegun = true;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 1000\n\n");
  };
  const event = (type: string, data: object, id: string): void => {
    response.write(`event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const look = (): void => {
    if (response.writableEnded) return;
    const { state } = feed;
    const place = (): string => `${state.epoch}/${sent}${state.closed ? "/end" : ""}`;
    if (known !== undefined && state.seq > 0) {
      const [epoch, count, end] = known.split("/");
      if (epoch === state.epoch) sent = Math.min(Number(count) || 0, state.messages.length);
      known = undefined;
      if (epoch === state.epoch && end !== undefined) {
        response.writeHead(204).end();
        return;
      }
    }
    if (!isBegun) begin();
    const fresh = state.messages.slice(sent);
    sent = state.messages.length;
    const items = itemsOf(fresh);
    if (items.length > 0) event("feed_items", { items }, place());
    for (const failure of failuresOf(fresh)) event("feed_error", failure, place());
    if (!state.closed) return;
    const { error } = state.closed;
    const total = itemsOf(state.messages).length;
    event(
      "feed_complete",
      { total, failed: failuresOf(state.messages), ...(error && { error }) },
      place(),
    );
    response.end();
  };
  const beat = setInterval(() => isBegun && response.write(": alive\n\n"), HEARTBEAT);
  const stop = feed.subscribe(look);
  response.once("close", () => {
    clearInterval(beat);
    stop();
  });
  look();
}
