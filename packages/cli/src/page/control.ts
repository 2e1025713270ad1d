import type { IncomingMessage, ServerResponse } from "node:http";
import { answer, Refusal } from "./answer.js";
import type { EditorProcess } from "./editor-process.js";
import { networkOf } from "./line.js";
import { type Lines, VIEWER_NAME } from "./lines.js";
import type { Network, PageReport } from "./report.js";
import type { ReportStream } from "./report-stream.js";
import type { ServerProcess } from "./server-process.js";

/** Bytes of a body at most. */
const MAX_BODY = 1024;

/** Tokens a second that a turn may be written at. */
const RATES = { least: 1, most: 100_000 } as const;

/** What is controlled. */
export interface Controlled {
  readonly lines: Lines;
  readonly server: ServerProcess;
  readonly editor: EditorProcess;
  readonly reports: ReportStream;
  readonly report: () => PageReport;
}

/** What a path does with each method, in small letters. */
type Actions = Readonly<Record<string, () => Promise<void> | void>>;

/**
 * Answers what is under `/control/`. Who asks was checked before.
 *
 * @throws by rejection: Refusal
 */
export async function control(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  controlled: Controlled,
): Promise<void> {
  const actions = actionsOf(path, request, response, controlled);
  if (!actions) throw new Refusal(404, "not_found", `nothing is controlled at ${path}`);
  const method = (request.method ?? "GET").toLowerCase();
  const action = Object.hasOwn(actions, method) ? actions[method] : undefined;
  if (!action) {
    const methods = Object.keys(actions).join(", ").toUpperCase();
    response.setHeader("allow", methods);
    throw new Refusal(405, "wrong_method", `${path} takes ${methods}`);
  }
  await action();
}

function actionsOf(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { lines, server, editor, reports, report }: Controlled,
): Actions | undefined {
  const done = () => answer(response, 200, report());
  const [, viewer] = /^\/control\/viewers\/(.*)$/.exec(path) ?? [];
  if (viewer !== undefined) {
    return {
      post: async () => {
        const network = networkIn(await bodyOf(request));
        (await lineOf(lines, viewer)).set(network);
        done();
      },
    };
  }
  switch (path) {
    case "/control/network":
      return {
        post: async () => {
          lines.set(networkIn(await bodyOf(request)));
          done();
        },
      };
    case "/control/restart":
      return {
        post: async () => {
          await bodyOf(request);
          await server.restart();
          done();
        },
      };
    case "/control/turn":
      return {
        get: async () => answer(response, 200, await editor.copy()),
        post: async () => {
          const rate = rateIn(await bodyOf(request));
          answer(response, 200, { message: await editor.play(rate) });
        },
      };
    case "/control/events":
      return { get: () => reports.open(response) };
    default:
      return undefined;
  }
}

/** A viewer's line. @throws by rejection: Refusal where it cannot have one */
export async function lineOf(
  lines: Lines,
  viewer: string,
): Promise<Awaited<ReturnType<Lines["viewer"]>> & object> {
  if (!VIEWER_NAME.test(viewer)) {
    const what = "a viewer is named with 1 to 40 small letters, digits and hyphens";
    throw new Refusal(400, "bad_name", what);
  }
  const line = await lines.viewer(viewer);
  if (line) return line;
  throw new Refusal(503, "too_many", "all lines for viewers are in use: close a page");
}

function networkIn(body: Readonly<Record<string, unknown>>): Network {
  const network = networkOf(body.network);
  if (network) return network;
  throw new Refusal(400, "bad_network", '"network" is live, slow, stalled or cut');
}

function rateIn({ rate }: Readonly<Record<string, unknown>>): number {
  if (typeof rate === "number" && rate >= RATES.least && rate <= RATES.most) return rate;
  const what = `"rate" is tokens a second, from ${RATES.least} to ${RATES.most}`;
  throw new Refusal(400, "bad_rate", what);
}

/** The JSON object in a request; an empty one where there is no body. @throws Refusal */
async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) {
      throw new Refusal(413, "too_large", `a body has ${MAX_BODY} bytes at most`);
    }
    chunks.push(chunk);
  }
  if (length === 0) return {};
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal(415, "wrong_type", "send the body as application/json");
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>; // an object of JSON is one
    }
  } catch {
    // Told below.
  }
  throw new Refusal(400, "bad_body", 'the body is a JSON object, such as {"network":"slow"}');
}
