import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createServer, type Server } from "@deltawire/server";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import tsconfig from "../../tsconfig.json" with { type: "json" };
import { realBrowser } from "../real/chromium.js";
import type { LoadingPage } from "./pages/loading.js";
import { openTab } from "./tab.js";

declare const loading: LoadingPage; // in the page

const root = fileURLToPath(new URL("../..", import.meta.url));
const browser = await realBrowser("a page that loads code when it needs it");
let http: HttpServer;
let server: Server;
let url: string;
let page: string;
let channels = 0;

/** The files of the page, by their names: each `import()` is one of its own. */
async function files(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { main: `${root}/tests/browser/pages/loading.ts` },
    bundle: true,
    splitting: true,
    write: false,
    outdir: "/",
    format: "esm",
    target: "es2022",
    // The packages' source, as in tsconfig.json.
    tsconfigRaw: { compilerOptions: { baseUrl: root, paths: tsconfig.compilerOptions.paths } },
    absWorkingDir: root,
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

beforeAll(async () => {
  if (!browser) return;
  const served = await files();
  http = createHttpServer((request, response) => {
    const code = served.get(request.url ?? "");
    const isPage = request.url === "/";
    response.writeHead(isPage || code ? 200 : 404, {
      "content-type": isPage ? "text/html" : "text/javascript",
    });
    const icon = '<link rel="icon" href="data:,">';
    response.end(isPage ? `${icon}<script type="module" src="/main.js"></script>` : code);
  });
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  page = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`; // it listens on a port
  server = createServer({});
  ({ url } = await server.listen({ port: 0, origins: [new URL(page).origin] }));
});

afterAll(async () => {
  await server?.close();
  http?.close();
  await browser?.close();
});

/** A tab that reads a channel of its own, the files that it has loaded, and the kinds of its messages. */
async function open(missing?: string) {
  if (!browser) throw new Error("only where there is a browser");
  channels += 1;
  const name = `channel-${channels}`;
  const channel = server.channel(name, { throttle: 0 });
  const reply = channel.write("m").append("Hello");
  const tab = await openTab(browser, "about:blank");
  const loaded: string[] = [];
  const kinds = new Set<string>();
  tab.page.on("request", (request) => {
    loaded.push(
      /^\/([a-z-]+?)(?:-[A-Z0-9]{8})?\.js$/.exec(new URL(request.url()).pathname)?.[1] ?? "",
    );
  });
  tab.page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => kinds.add(typeof payload)),
  );
  if (missing)
    await tab.page.route(`**/${missing}-*.js`, (route) => route.fulfill({ status: 404 }));
  await tab.page.goto(page);
  await tab.page.waitForFunction(() => "loading" in globalThis);
  const before = [...loaded];
  await tab.page.evaluate(([to, which]) => loading.read(to, which), [url, name] as const);
  await tab.page.waitForFunction(() => document.body.textContent === "Hello");
  return { ...tab, reply, loaded, kinds, before };
}

describe.skipIf(!browser)("a page that reads", () => {
  test("loads the codec while it connects, and what adds changes up when it asks for them", async () => {
    const { page, reply, loaded, kinds, before, complaints } = await open();
    expect(before).not.toContain("msgpack");
    expect(loaded).toContain("msgpack");
    expect(kinds).toEqual(new Set(["object"])); // binary
    expect(loaded).not.toContain("composition");
    const types = page.evaluate(() => loading.changes());
    await page.waitForFunction(() => document.title === "reset");
    reply.append(" you");
    expect(await types).toEqual(["reset", "changes"]);
    expect(loaded).toContain("composition");
    expect(loaded).not.toContain("http-connection");
    expect(complaints).toEqual([]);
  });

  test("speaks JSON where the codec's file is gone", async () => {
    const { page, reply, kinds, complaints } = await open("msgpack");
    expect(kinds).toEqual(new Set(["string"]));
    reply.append(" you");
    await page.waitForFunction(() => document.body.textContent === "Hello you");
    expect(complaints).toEqual([expect.stringContaining("404")]);
  });
});
