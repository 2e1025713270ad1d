import { Line } from "./line.js";
import type { Network } from "./report.js";

/** Lines of viewers at a time. */
const MAX_VIEWERS = 64;

/** What a viewer may be called. */
export const VIEWER_NAME: RegExp = /^[a-z0-9-]{1,40}$/;

/** All lines: the editor's, the visitors', and one for each viewer that there has been. */
export class Lines {
  readonly editor: Line;
  /** Visitors write by it. */
  readonly visitor: Line;
  readonly #port: () => number;
  readonly #viewers = new Map<string, Promise<Line>>();
  readonly #open = new Map<string, Line>();
  #network: Network = "live";

  private constructor(port: () => number, editor: Line, visitor: Line) {
    this.#port = port;
    this.editor = editor;
    this.visitor = visitor;
  }

  /** @param port the server's, wherever that is now */
  static async open(port: () => number): Promise<Lines> {
    return new Lines(port, await Line.open("editor", port), await Line.open("visitor", port));
  }

  /** What all were told last. */
  get network(): Network {
    return this.#network;
  }

  /** Those of viewers, oldest first. */
  get viewers(): readonly Line[] {
    return [...this.#open.values()];
  }

  /**
   * A viewer's line, opened when it is first asked for. One that nobody uses makes room where there
   * are too many; undefined where all are in use.
   */
  async viewer(name: string): Promise<Line | undefined> {
    let line = this.#viewers.get(name);
    if (!line) {
      if (this.#viewers.size >= MAX_VIEWERS && !this.#forget()) return undefined;
      line = this.#begin(name);
      this.#viewers.set(name, line);
    }
    return line;
  }

  async #begin(name: string): Promise<Line> {
    const line = await Line.open(name, this.#port);
    line.setCommon(this.#network);
    this.#open.set(name, line);
    return line;
  }

  #forget(): boolean {
    for (const [name, line] of this.#open) {
      if (!line.isIdle) continue;
      this.#open.delete(name);
      this.#viewers.delete(name);
      void line.close();
      return true;
    }
    return false;
  }

  /** Tells all of them. */
  set(network: Network): void {
    this.#network = network;
    for (const line of [this.editor, this.visitor, ...this.viewers]) line.setCommon(network);
  }

  async close(): Promise<void> {
    const viewers = await Promise.all(this.#viewers.values());
    const lines = [this.editor, this.visitor, ...viewers];
    await Promise.all(lines.map((line) => line.close()));
  }
}
