import { Terminal } from "@xterm/xterm";
import type { Size } from "../shell.js";

/** Bytes that may wait to be drawn; past that what is missed is not drawn, and the screen is shown anew. */
const MAX_WAITING = 512 * 1024;

const FONT_SIZE = 15;
/** Smaller letters nobody reads: then the page scrolls. */
const LEAST_FONT_SIZE = 6;
/** What surrounds the screen: borders, and room for the scrollbar. */
const AROUND = 36;

/** What programs ask a terminal. The one at the server answers, once; these here would, each. */
const QUESTIONS = [
  ...["", ">", "="].map((prefix) => ({ prefix, final: "c" })),
  ...["", "?"].map((prefix) => ({ prefix, final: "n" })),
  ...["", "?"].map((prefix) => ({ prefix, intermediates: "$", final: "p" })),
  { prefix: ">", final: "q" },
];

/** A terminal on the page, which draws as fast as it can, and leaves out what is more. */
export class View {
  readonly terminal: Terminal;
  /** What the terminal has to fit in. */
  readonly box: HTMLElement = document.querySelector("main") as HTMLElement; // it is in the page
  readonly #whole: () => readonly Uint8Array[];
  #waiting = 0;
  #isBehind = false;

  /** @param whole what makes a new terminal show what is to be shown */
  constructor(whole: () => readonly Uint8Array[]) {
    this.#whole = whole;
    const terminal = new Terminal({
      ...{ fontSize: FONT_SIZE, scrollback: 5000, disableStdin: true, screenReaderMode: true },
      fontFamily: '"Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
      minimumContrastRatio: 4.5,
    });
    this.terminal = terminal;
    for (const { prefix, ...id } of QUESTIONS) {
      terminal.parser.registerCsiHandler(prefix === "" ? id : { prefix, ...id }, () => true);
    }
    terminal.parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => true);
    for (const color of [4, 10, 11, 12]) {
      terminal.parser.registerOscHandler(color, (data) => data.includes("?"));
    }
    terminal.open(document.getElementById("terminal") as HTMLElement); // so is that
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.#paint());
    this.#paint();
  }

  #paint(): void {
    const of = (name: string) => {
      const probe = document.createElement("i");
      probe.style.color = `var(--${name})`;
      document.body.append(probe);
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    };
    const ink = of("ink");
    this.terminal.options.theme = {
      ...{ background: of("paper"), foreground: ink, cursor: ink, cursorAccent: of("paper") },
      selectionBackground: of("selection"),
    };
  }

  /** Draws what was printed. */
  draw(bytes: Uint8Array): void {
    if (this.#waiting > MAX_WAITING) this.#isBehind = true;
    if (this.#isBehind) return;
    this.#waiting += bytes.length;
    this.terminal.write(bytes, () => {
      this.#waiting -= bytes.length;
      if (this.#isBehind && this.#waiting === 0) this.show();
    });
  }

  /** Shows everything anew. */
  show(): void {
    this.#isBehind = false;
    this.terminal.write("\x1bc"); // in its place among what waits
    for (const bytes of this.#whole()) this.draw(bytes);
  }

  /** Columns and rows as the terminal itself has them. */
  resize({ cols, rows }: Size = this.terminal): void {
    const { terminal } = this;
    if (terminal.cols !== cols || terminal.rows !== rows) terminal.resize(cols, rows);
  }

  /** Letters as large as usual for who says how large the terminal is, and as fit for all others. */
  fit(isMine: boolean): void {
    const { cols, rows, options } = this.terminal;
    const { fontSize = FONT_SIZE } = options;
    const cell = this.#cell();
    const { width, height } = this.#inside();
    const fit = Math.min(width / (cols * cell.width), height / (rows * cell.height));
    const fitting = isMine ? FONT_SIZE : Math.floor(fontSize * fit * 2) / 2;
    const next = Math.min(FONT_SIZE, Math.max(LEAST_FONT_SIZE, fitting));
    if (next !== fontSize) options.fontSize = next;
  }

  /** What there is room for. */
  room(): Size {
    const cell = this.#cell();
    const { width, height } = this.#inside();
    return {
      cols: Math.max(2, Math.floor(width / cell.width)),
      rows: Math.max(1, Math.floor(height / cell.height)),
    };
  }

  #inside(): { readonly width: number; readonly height: number } {
    const { width, height } = this.box.getBoundingClientRect();
    return { width: width - AROUND, height: height - AROUND };
  }

  #cell(): { readonly width: number; readonly height: number } {
    const { cols, rows, element } = this.terminal;
    const screen = element?.querySelector(".xterm-screen")?.getBoundingClientRect();
    return { width: (screen?.width ?? 0) / cols || 1, height: (screen?.height ?? 0) / rows || 1 };
  }
}
