import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { Refusal } from "./answer.js";

const TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".json", "application/json"],
  [".map", "application/json"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".ico", "image/x-icon"],
  [".woff2", "font/woff2"],
  [".txt", "text/plain; charset=utf-8"],
]);

/** Shown where the page's files are not there. */
const PLACEHOLDER = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Deltawire</title>
<h1>Deltawire</h1>
<p>The page is not built here. In a clone of the project, <code>npm run build</code> builds it.</p>
</html>
`;

interface File {
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The files of a folder, read once: what is asked for is looked up among their paths, so that no
 * path leads out of it.
 */
export class StaticFiles {
  readonly #files = new Map<string, File>();

  /** @param folder may be missing: then there is one page, which says so */
  constructor(folder: string) {
    for (const path of pathsIn(folder)) this.#add(path, readFileSync(join(folder, path)));
    const index = this.#files.get("/index.html");
    if (index) this.#files.set("/", index);
    else this.#add("", Buffer.from(PLACEHOLDER), ".html");
  }

  #add(path: string, content: Buffer, extension: string = extname(path)): void {
    const url = `/${path.split(sep).join("/")}`;
    const digest = createHash("sha256").update(content).digest("base64url").slice(0, 22);
    // The name of what the build puts there changes with its content.
    const isLasting = url.startsWith("/assets/");
    const headers = {
      "content-type": TYPES.get(extension) ?? "application/octet-stream",
      "content-length": String(content.length),
      "cache-control": isLasting ? "public, max-age=31536000, immutable" : "no-cache",
      etag: `"${digest}"`,
    };
    this.#files.set(url, { content, headers });
  }

  /** Answers a request for a file. @throws Refusal where there is none, or it is no request to read */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const file = this.#files.get(path);
    if (!file) throw new Refusal(404, "not_found", `there is nothing at ${path}`);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      throw new Refusal(405, "wrong_method", `${path} can be read only`);
    }
    for (const [name, value] of Object.entries(protection(request.headers.host ?? ""))) {
      response.setHeader(name, value);
    }
    if (request.headers["if-none-match"] === file.headers.etag) {
      const { etag = "", "cache-control": cacheControl = "" } = file.headers;
      response.writeHead(304, { etag, "cache-control": cacheControl }).end();
      return;
    }
    response.writeHead(200, file.headers).end(request.method === "GET" ? file.content : undefined);
  }
}

/** What a browser lets the page do: nothing but with this server, and in no frame. */
function protection(host: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`, // not every browser takes a WebSocket for 'self'
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  };
}

/** Paths of all files in a folder, from there; none where it is missing. */
function pathsIn(folder: string): string[] {
  try {
    const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return paths.filter((path) => statSync(join(folder, path)).isFile());
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
