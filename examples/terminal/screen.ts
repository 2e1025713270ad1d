import serialize from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import { Ground } from "./ground.js";

/** Lines above the screen that one who joins gets to see. */
const SCROLLBACK = 100;

/** Private modes (DECSET) that are on or off in the beginning and that the add-on does not write. */
const MODES: ReadonlyMap<number, boolean> = new Map([
  [25, true], // the cursor is shown
  [1005, false], // how the mouse is reported
  [1006, false],
  [1015, false],
  [1016, false],
]);

/** What a terminal shows after what was written to it, as few bytes: a terminal without a window. */
export class Screen {
  readonly #terminal: headless.Terminal;
  readonly #serialize = new serialize.SerializeAddon();
  readonly #ground = new Ground();
  readonly #modes = new Map(MODES);
  /** The scrolling region (DECSTBM), where there is one, and the cursor's shape (DECSCUSR). */
  #region = "";
  #cursor = "";
  /** Bytes that were written and are not on the screen yet. */
  waiting = 0;

  /** @param answer takes what the terminal itself says, such as where the cursor is */
  constructor(cols: number, rows: number, answer: (data: string) => void) {
    const terminal = new headless.Terminal({
      ...{ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true },
    });
    this.#terminal = terminal;
    terminal.loadAddon(this.#serialize as unknown as headless.ITerminalAddon); // it is for either kind
    terminal.onData(answer);
    for (const [final, isOn] of [
      ["h", true],
      ["l", false],
    ] as const) {
      terminal.parser.registerCsiHandler({ prefix: "?", final }, (params) => {
        for (const mode of params.flat()) if (MODES.has(mode)) this.#modes.set(mode, isOn);
        return false;
      });
    }
    terminal.parser.registerCsiHandler({ final: "r" }, ([top, bottom]) => {
      const [first, last] = [Number(top) || 1, Number(bottom) || terminal.rows];
      const isWhole = first === 1 && last >= terminal.rows;
      this.#region = isWhole ? "" : `\x1b[${first};${last}r`;
      return false;
    });
    terminal.parser.registerCsiHandler({ intermediates: " ", final: "q" }, ([shape]) => {
      this.#cursor = `\x1b[${shape} q`;
      return false;
    });
    terminal.parser.registerEscHandler({ final: "c" }, () => this.#forget());
    terminal.parser.registerCsiHandler({ intermediates: "!", final: "p" }, () => this.#forget());
  }

  #forget(): false {
    this.#region = this.#cursor = "";
    for (const [mode, isOn] of MODES) this.#modes.set(mode, isOn);
    return false;
  }

  /** @param shown called once it is on the screen, and not in the middle of the next */
  write(bytes: Uint8Array, shown: () => void): void {
    this.waiting += bytes.length;
    this.#terminal.write(bytes, () => {
      this.waiting -= bytes.length;
      this.#ground.pass(bytes);
      shown();
    });
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows); // what waits is on the screen before
    this.#region = "";
  }

  /** Calls back with each new title. */
  onTitle(listener: (title: string) => void): void {
    this.#terminal.onTitleChange(listener);
  }

  /** Whether what was shown ends between sequences. */
  get isWhole(): boolean {
    return this.#ground.isReached;
  }

  /**
   * What makes a new terminal of the same size show this, and go on like this one.
   *
   * @param scrollback lines above the screen
   */
  base(scrollback: number = SCROLLBACK): Uint8Array {
    const { active } = this.#terminal.buffer;
    const options = { scrollback };
    let text = this.#serialize.serialize(options);
    if (active.type === "alternate") {
      // A program's screen begins in no colour, whatever the shell's was.
      const { length } = this.#serialize.serialize({ ...options, ...NORMAL_ONLY });
      text = `${text.slice(0, length)}\x1b[m${text.slice(length)}`;
    }
    for (const [mode, isOn] of this.#modes) {
      if (isOn !== MODES.get(mode)) text += `\x1b[?${mode}${isOn ? "h" : "l"}`;
    }
    // It moves the cursor.
    if (this.#region !== "") {
      text += `${this.#region}\x1b[${active.cursorY + 1};${active.cursorX + 1}H`;
    }
    return new TextEncoder().encode(text + this.#cursor);
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

const NORMAL_ONLY = { excludeAltBuffer: true, excludeModes: true };
