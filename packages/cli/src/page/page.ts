import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { Refusal, refuse } from "./answer.js";
import { control, lineOf } from "./control.js";
import { EditorProcess } from "./editor-process.js";
import { forwardRequest, forwardUpgrade } from "./forward.js";
import { Lines } from "./lines.js";
import { listenNear } from "./listen.js";
import type { PageReport } from "./report.js";
import { ReportStream } from "./report-stream.js";
import { checkHost, checkOrigin } from "./same-origin.js";
import { ServerProcess } from "./server-process.js";
import { StaticFiles } from "./static-files.js";

/** How the live page is served. */
export interface PageOptions {
  /** The first port to try; 0 for any free one. */
  readonly port: number;
  /** What the editor writes. @default the sample */
  readonly input?: string;
  /** Where the page's files are. @default beside the command */
  readonly files?: string;
  /** Is told where the page cannot go on. */
  readonly onLost: (error: Error) => void;
}

/** The channel that everything on the page is about. */
const CHANNEL = "demo";

/** The live page's server, on this machine alone, and the processes behind it. */
export class Page {
  readonly #folder: string;
  readonly #http = createServer();
  readonly #files: StaticFiles;
  readonly #lines: Lines;
  readonly #server: ServerProcess;
  readonly #editor: EditorProcess;
  readonly #reports: ReportStream = new ReportStream(() => this.report);
  readonly #onExit: () => void;

  private constructor(folder: string, lines: Lines, server: ServerProcess, options: PageOptions) {
    const { input, files = fileURLToPath(new URL("page", import.meta.url)) } = options;
    this.#folder = folder;
    this.#files = new StaticFiles(files);
    this.#lines = lines;
    this.#server = server;
    this.#editor = new EditorProcess({
      url: `ws://127.0.0.1:${lines.editor.port}/wire`,
      channel: CHANNEL,
      ...(input !== undefined && { input }),
    });
    this.#http.on("request", (request, response) => void this.#answer(request, response));
    this.#http.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#http.maxConnections = 1024;
    // However this process ends, nothing of it stays.
    this.#onExit = () => rmSync(folder, { recursive: true, force: true });
    process.on("exit", this.#onExit);
  }

  /** Resolves once all of it works. @throws by rejection: Error where it does not come to that */
  static async open(options: PageOptions): Promise<Page> {
    const folder = await mkdtemp(join(tmpdir(), "deltawire-page-"));
    const server = new ServerProcess({ folder }, options.onLost);
    const lines = await Lines.open(() => server.port);
    const page = new Page(folder, lines, server, options);
    try {
      await Promise.all([
        listenNear(page.#http, options.port),
        server.start(),
        page.#editor.start(),
      ]);
    } catch (error) {
      await page.close();
      throw error;
    }
    return page;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port; // it listens on a port
  }

  /** Ends with a slash. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** How everything stands. */
  get report(): PageReport {
    const { turn } = this.#editor;
    return {
      at: Date.now(),
      server: this.#server.report,
      network: this.#lines.network,
      ...(turn && { turn }),
      editor: this.#lines.editor.report,
      visitor: this.#lines.visitor.report,
      viewers: this.#lines.viewers.map((line) => line.report),
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      checkHost(request);
      const path = pathOf(request);
      if (path.startsWith("/control/")) {
        checkOrigin(request);
        const reports = this.#reports;
        const [lines, server, editor] = [this.#lines, this.#server, this.#editor];
        const report = () => this.report;
        await control(path, request, response, { lines, server, editor, reports, report });
        return;
      }
      const to = await this.#wireOf(request);
      if (to) forwardRequest(request, response, to);
      else this.#files.serve(path, request, response);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, refusalOf(error));
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => undefined); // who is gone hears no answer
    try {
      checkHost(request);
      const to = await this.#wireOf(request);
      if (!to) throw new Refusal(404, "not_found", `there is no wire at ${pathOf(request)}`);
      forwardUpgrade(request, socket, { ...to, head });
    } catch (error) {
      const { status, message } = refusalOf(error);
      const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close", ""];
      socket.end(`${lines.join("\r\n")}\r\n${message}\n`);
    }
  }

  /** Where what is asked of a wire goes; undefined for what is not. @throws by rejection: Refusal */
  async #wireOf(request: IncomingMessage): Promise<{ port: number; target: string } | undefined> {
    const { url = "/" } = request;
    const [, viewer, target = ""] = /^(?:\/viewers\/([^/?]*))?(\/wire(?:[/?].*)?)$/.exec(url) ?? [];
    if (!target) return undefined;
    checkOrigin(request);
    const line = viewer === undefined ? this.#lines.visitor : await lineOf(this.#lines, viewer);
    if (line.isFull) {
      throw new Refusal(503, "too_many", `${line.name} has too many connections: close some`);
    }
    return { port: line.port, target };
  }

  /** Ends everything that belongs to it. */
  async close(): Promise<void> {
    this.#reports.close();
    const closed = new Promise<void>((done) => this.#http.close(() => done()));
    await Promise.all([this.#server.close(), this.#editor.close(), this.#lines.close()]);
    this.#http.closeAllConnections();
    await closed;
    await rm(this.#folder, { recursive: true, force: true });
    process.off("exit", this.#onExit);
  }
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "/";
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new Refusal(500, "internal", `the demo failed on this: ${what}`);
}
