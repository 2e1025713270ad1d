import { DurableStreamTestServer } from "@durable-streams/server";
import { CURSOR } from "./durable-streams-log.js";

/** An hour, so that the interval does not end while it is looked at. */
const INTERVAL_SECONDS = 3600;

/**
 * What the server itself sends, over HTTP, to one who reads while batches are posted, and then to
 * one who joins; for the test that compares {@link StreamLog} with it.
 *
 * @param contentType of the stream
 */
export async function servedFor(
  batches: readonly string[],
  contentType: string,
): Promise<{ readonly events: readonly string[]; readonly body: string }> {
  const cursorEpoch = new Date(Date.now() - (CURSOR + 0.5) * INTERVAL_SECONDS * 1000);
  const options = { port: 0, cursorIntervalSeconds: INTERVAL_SECONDS, cursorEpoch };
  const server = new DurableStreamTestServer(options);
  const url = `${await server.start()}/run`;
  try {
    const headers = { "content-type": contentType };
    await fetch(url, { method: "PUT", headers });
    const response = await fetch(`${url}?offset=-1&live=sse`);
    const read = eventsOf(response);
    const events = [await read()];
    for (const body of batches) {
      await fetch(url, { method: "POST", headers, body });
      events.push(await read());
    }
    return { events, body: await (await fetch(`${url}?offset=-1`)).text() };
  } finally {
    await server.stop();
  }
}

/** Reads up to the end of the next control event. */
function eventsOf(response: Response): () => Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let received = "";
  return async () => {
    for (;;) {
      const [events] = /^.*?event: control\n.*?\n\n/s.exec(received) ?? [];
      if (events) {
        received = received.slice(events.length);
        return events;
      }
      const chunk = await reader?.read();
      if (!chunk || chunk.done) throw new Error("the events have ended");
      received += chunk.value;
    }
  };
}
