import type { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** Answers a web-standard request (WHATWG Fetch), whatever brought it. */
export type RequestHandler = (
  request: Request,
  peer: { readonly remoteAddress?: string },
) => Promise<Response>;

/** Answers a request of Node's HTTP server; where what it returns rejects, the answer is 500. */
export type NodeRequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Calls a handler that may fail. */
export function guarded(
  handler: NodeRequestHandler,
  report: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      await handler(request, response);
    } catch (error) {
      report(error);
      if (response.headersSent)
        response.destroy(); // what is there of the answer is not all of it
      else response.writeHead(500, { "content-type": "text/plain" }).end("Something failed.\n");
    }
  };
}

/** Says what there is to who asks for something else. */
export const nothingBut =
  (path: string): NodeRequestHandler =>
  (_request, response) => {
    response.writeHead(404, { "content-type": "text/plain" });
    response.end(`This is a Deltawire server, at ${path}.\n`);
  };

/** Waits until a server listens, cannot, or is closed before it does. */
export function settled(http: HttpServer): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("listening", resolve).once("close", resolve).once("error", reject);
  });
}

/** Takes the requests of a server that a handler is for; all others stay with whoever is there. */
export function takeRequests(
  server: HttpServer,
  isOurs: (path: string) => boolean,
  handle: RequestHandler,
  report: (defect: unknown) => void,
): () => void {
  // A listener could not keep a request from the others, which may also come later than this.
  const emitter: EventEmitter = server;
  const { emit } = emitter;
  const emitOthers: typeof emit = (event, ...args: [IncomingMessage, ServerResponse]) => {
    const [incoming, outgoing] = args;
    if (event !== "request" || !isOurs(pathOf(incoming))) return emit.call(server, event, ...args);
    respond(handle, incoming, outgoing).catch((defect: unknown) => {
      report(defect);
      outgoing.destroy();
    });
    return true;
  };
  emitter.emit = emitOthers;
  return () => {
    if (emitter.emit === emitOthers) emitter.emit = emit;
  };
}

/** Of a request's target, without its query. */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

async function respond(
  handle: RequestHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  incoming.on("error", () => undefined); // the peer is gone: the answer's end says so as well
  outgoing.on("error", () => undefined);
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const request = requestOf(incoming, gone.signal);
  if (!request) {
    outgoing.writeHead(400, { "content-type": "text/plain", connection: "close" });
    outgoing.end("This is not a request that can be read.\n");
    return;
  }
  const { remoteAddress } = incoming.socket;
  const peer = remoteAddress === undefined ? {} : { remoteAddress };
  await send(await handle(request, peer), outgoing, gone.signal);
}

/** The request as the web has it; undefined where there can be none. */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", url = "", socket } = incoming;
  const scheme = "encrypted" in socket && socket.encrypted === true ? "https" : "http";
  const target = `${scheme}://${incoming.headers.host ?? "localhost"}${url}`;
  if (!url.startsWith("/") || !URL.canParse(target)) return undefined;
  try {
    const headers = headersOf(incoming);
    const hasBody = method !== "GET" && method !== "HEAD";
    // Node's stream of bytes is the web's, but for how their types are declared.
    const body = hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" };
    return new Request(target, { method, headers, signal, ...body });
  } catch {
    return undefined; // a method or a header that the web does not know
  }
}

/** A request's headers as the web has them. */
export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  }
  return headers;
}

/** Sends an answer as fast as it is read, and ends it where nobody reads any more. */
async function send(
  response: Response,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const { status, headers, body } = response;
  if (gone.aborted) {
    await body?.cancel();
    return;
  }
  outgoing.writeHead(status, [...headers].flat());
  if (!body) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = body.getReader();
  let wake: () => void = () => undefined;
  outgoing.on("drain", () => wake());
  gone.addEventListener("abort", () => {
    wake();
    reader.cancel().catch(() => undefined);
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || gone.aborted) break;
    if (!outgoing.write(value) && !gone.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  outgoing.end();
}
