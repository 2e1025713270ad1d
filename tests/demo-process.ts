import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type { PageReport } from "../packages/cli/src/page/report.js";

const CLI = fileURLToPath(new URL("../packages/cli/dist/cli.js", import.meta.url));

/** Arguments of a demo whose measured run is over in a moment. */
export const QUICK: readonly string[] = ["--port", "0", "--rate", "100000"];

/** `deltawire demo` with its page, in a process and a folder for temporary files of its own. */
export class DemoProcess {
  readonly child: ChildProcess;
  readonly #folder: string;
  /** The exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  output = "";

  private constructor(folder: string, args: readonly string[]) {
    this.#folder = folder;
    this.child = spawn(process.execPath, [CLI, "demo", ...args], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk) => {
        this.output += chunk;
      });
    }
    this.exited = once(this.child, "close").then(([code, signal]) => code ?? signal);
  }

  /** Resolves once it has said where its page is. */
  static async start(...args: string[]): Promise<DemoProcess> {
    const folder = await mkdtemp(join(tmpdir(), "deltawire-page-test-"));
    const demo = new DemoProcess(folder, args);
    await demo.said("\n");
    return demo;
  }

  /** Resolves once it has printed something, or has ended. */
  said(text: string): Promise<void> {
    const { child } = this;
    const check = () => {
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (!hasEnded && !this.output.includes(text)) throw new Error(`not yet in ${this.output}`);
    };
    return vi.waitFor(check, { timeout: 30_000, interval: 20 });
  }

  /** Where the page is; ends with a slash. */
  get url(): string {
    return /^http:\/\/\S+/.exec(this.output)?.[0] ?? "";
  }

  /** Where a viewer of a name connects to. */
  wire(viewer: string): string {
    return `${this.url.replace("http", "ws")}viewers/${viewer}/wire`;
  }

  post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** The first bytes of the answer to a request for a WebSocket. */
  async upgrade(path: string, given: Readonly<Record<string, string>>): Promise<string> {
    const { port, host } = new URL(this.url);
    const headers = {
      ...{ Host: host, Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
      ...{ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" },
      ...{ "Sec-WebSocket-Protocol": "deltawire.v1.json", ...given },
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const socket = dial(Number(port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    const [first] = await once(socket, "data");
    socket.destroy();
    return String(first);
  }

  /** How everything stands: the first event of its reports. */
  async report(): Promise<PageReport> {
    const response = await fetch(`${this.url}control/events`);
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const [, data] = /^event: report\ndata: (.*)\n\n/m.exec(text) ?? [];
      if (data !== undefined) return JSON.parse(data) as PageReport; // what it says it sends
    }
    throw new Error(`no report in ${text}`);
  }

  /** Its processes, itself included: ids, with what each was started as. */
  processes(): { readonly pid: number; readonly command: string }[] {
    const rows = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
    const all = rows.split("\n").flatMap((row) => {
      const [, pid, parent, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(row) ?? [];
      return pid ? [{ pid: Number(pid), parent: Number(parent), command }] : [];
    });
    const own = new Set([this.child.pid]);
    for (let size = 0; size !== own.size; ) {
      size = own.size;
      for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
    }
    return all.filter(({ pid }) => own.has(pid));
  }

  /** What is left in its folder for temporary files. */
  leftovers(): Promise<string[]> {
    return readdir(this.#folder);
  }

  /** Ends it, if need be, and removes its folder. */
  async end(): Promise<void> {
    this.child.kill();
    await this.exited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Those of some processes that are still there. */
export function alive(processes: readonly { readonly pid: number }[]): number[] {
  return processes.flatMap(({ pid }) => {
    try {
      process.kill(pid, 0);
      return [pid];
    } catch {
      return [];
    }
  });
}
