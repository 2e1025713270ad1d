import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerChannel } from "@deltawire/server";
import { failuresOf, ITEM, itemsOf, pageOf } from "./items.js";

type State = ServerChannel["state"];

/** Milliseconds of silence after which a stream says that it is alive. */
const HEARTBEAT = 15_000;

const MAX_LIMIT = 500;

/** A feed as it grows, until it is complete or who asks for it has gone. */
async function* growing(feed: ServerChannel, response: ServerResponse): AsyncGenerator<State> {
  const changes = feed.changes();
  response.once("close", () => void changes.return?.());
  for await (const { state } of changes) {
    if (state.epoch !== feed.state.epoch) continue; // of a feed that was let go
    yield state;
    if (state.closed) return;
  }
}

/**
 * Answers with a feed as one document, once it is complete: `?limit=`, `&cursor=`.
 *
 * @throws RangeError where these are none
 */
export async function answerDocument(
  feed: ServerChannel,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const limit = Number(query.get("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new RangeError(`limit is a whole number from 1 to ${MAX_LIMIT}`);
  }
  const cursor = query.get("cursor") ?? undefined;
  for await (const { messages, closed } of growing(feed, response)) {
    if (!closed) continue;
    const { error } = closed;
    const status = error ? (error.code === "unknown_person" ? 404 : 503) : 200;
    const page = pageOf(itemsOf(messages), limit, cursor);
    const body = error ? { error } : { ...page, failed: failuresOf(messages) };
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(`${JSON.stringify(body)}\n`);
  }
  if (!response.headersSent) response.writeHead(503).end(); // the server closes
}

/**
 * Answers with a feed as it comes, for a plain EventSource: `feed_items` with items that are new,
 * `feed_error` for a source that failed, `feed_complete` at the end. An event's id is a place in the
 * feed; one that comes back gets what is behind it, and 204 behind the end, which ends it.
 */
export async function answerEvents(
  feed: ServerChannel,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [last = "", place, end] = String(headers["last-event-id"]).split("/");
  if (end !== undefined) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write("retry: 1000\n\n");
  const beat = setInterval(() => response.write(": alive\n\n"), HEARTBEAT);
  response.once("close", () => clearInterval(beat));
  const send = (event: string, id: string, data: object): void => {
    response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  let [of, sent] = [last, Number(place)];
  for await (const { epoch, messages, closed } of growing(feed, response)) {
    if (epoch !== of) [of, sent] = [epoch, 0]; // another feed than that of the id
    for (let run = runOf(messages, sent); run.length > 0; run = runOf(messages, sent)) {
      sent += run.length;
      const items = itemsOf(run);
      if (items.length > 0) send("feed_items", `${epoch}/${sent}`, { items });
      for (const failure of failuresOf(run)) send("feed_error", `${epoch}/${sent}`, failure);
    }
    const [total, failed] = [itemsOf(messages).length, failuresOf(messages)];
    if (closed) send("feed_complete", `${epoch}/${sent}/end`, { total, failed, ...closed });
  }
  response.end();
}

/** What goes together as one event: items that follow each other, or the end of a source. */
function runOf(messages: State["messages"], from: number): State["messages"] {
  const end = messages.findIndex(({ kind }, i) => i >= from && kind !== ITEM);
  return messages.slice(from, end === from ? from + 1 : end < 0 ? undefined : end);
}
