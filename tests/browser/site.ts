import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import tsconfig from "../../tsconfig.json" with { type: "json" };

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A page that is served on a port of its own. */
export interface Site {
  /** Ends with a slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** How a {@link site} is made. */
export interface SiteOptions {
  /** Answers what the page asks its own origin for; the page itself and its script come first. */
  readonly handler?: RequestListener;
  /** What stands in the body. @default an element with the id "root" */
  readonly body?: string;
  /** The packages as they are built and a build for production, in the place of their source. */
  readonly isProduction?: boolean;
}

/**
 * Serves a page with one script: a TypeScript file, bundled from the packages' source.
 *
 * @param entry the script, from the project's root
 */
export async function site(entry: string, options: SiteOptions = {}): Promise<Site> {
  const { handler, body = '<div id="root"></div>', isProduction = false } = options;
  const { outputFiles } = await build({
    entryPoints: [`${root}/${entry}`],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    minify: isProduction,
    define: { "process.env.NODE_ENV": isProduction ? '"production"' : '"development"' },
    plugins: isProduction ? [] : [sources()],
    // Its paths lead back to the source.
    ...(isProduction && { tsconfigRaw: {} }),
  });
  const script = outputFiles[0]?.text ?? "";
  const icon = '<link rel="icon" href="data:,">';
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8">${icon}<title>test</title></head><body>${body}<script type="module" src="/main.js"></script></body></html>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/") send("text/html; charset=utf-8", page);
    else if (pathname === "/main.js") send("text/javascript; charset=utf-8", script);
    else if (handler) handler(request, response);
    else response.writeHead(404).end();
    function send(type: string, content: string): void {
      response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(content);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** The packages' source in the place of what is built, as in tsconfig.json. */
function sources(): import("esbuild").Plugin {
  const paths = Object.entries(tsconfig.compilerOptions.paths);
  return {
    name: "sources",
    setup({ onResolve }) {
      onResolve({ filter: /^@deltawire\// }, ({ path }) => {
        for (const [name, [target = ""]] of paths) {
          const match = new RegExp(`^${name.replace("*", "([^/]+)")}$`).exec(path);
          if (match) return { path: `${root}/${target.replace("*", match[1] ?? "")}` };
        }
        return undefined;
      });
    },
  };
}
