import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Refusal, refuse } from "./answer.js";
import { StaticFiles } from "./static-files.js";

let folder: string;
let server: Server;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-static-test-"));
  const page = join(folder, "page");
  await mkdir(join(page, "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(page, "index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(page, "assets", "main-1a2b.js"), "export {};");
  await writeFile(join(page, "assets", "main-1a2b.css"), "body {}");
  await writeFile(join(page, "mark.svg"), "<svg/>");
  server = await serve(page);
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function serve(from: string): Promise<Server> {
  const files = new StaticFiles(from);
  const serving = createServer((request, response) => {
    try {
      files.serve(request.url ?? "", request, response);
    } catch (error) {
      if (error instanceof Refusal) refuse(response, error);
    }
  });
  serving.listen(0, "127.0.0.1");
  await once(serving, "listening");
  return serving;
}

const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, init);

/** What is answered to a path as it stands: `fetch` would tidy it up. */
async function raw(path: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

describe("StaticFiles", () => {
  it.each([
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/mark.svg", "image/svg+xml", "no-cache"],
    [
      "/assets/main-1a2b.js",
      "text/javascript; charset=utf-8",
      "public, max-age=31536000, immutable",
    ],
    ["/assets/main-1a2b.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"],
  ])("serves %s as %s, to be kept as %s", async (path, type, cache) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe(cache);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await response.text()).length).toBe(Number(response.headers.get("content-length")));
  });

  it("lets the page do nothing but with its own server", async () => {
    const policy = (await get("/")).headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      `connect-src 'self' ws://127.0.0.1:${port}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it("sends nothing twice", async () => {
    const etag = (await get("/")).headers.get("etag") ?? "";
    const again = await get("/", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await get("/", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("can be asked for a head, and for nothing that is no reading", async () => {
    const head = await get("/", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const post = await get("/", { method: "POST", body: "x" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it.each([
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/..\\secret.txt",
    "//secret.txt",
    "/./index.html",
    "/assets",
    "/assets/",
    "/constructor",
    "/__proto__",
    "../secret.txt",
  ])("has nothing at %s", async (path) => {
    const answer = await raw(path);
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answer).not.toContain("secret\n");
    expect(answer.endsWith("secret")).toBe(false);
  });

  it("says so where the page is not built", async () => {
    const empty = await serve(join(folder, "nowhere"));
    try {
      const response = await fetch(`http://127.0.0.1:${(empty.address() as AddressInfo).port}/`);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("npm run build");
    } finally {
      empty.close();
    }
  });
});
