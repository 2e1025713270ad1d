import serialize from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import type { Size } from "./shell.js";

/** Lines above the screen that one who joins gets to see. */
const SCROLLBACK = 100;

/** Bytes of a screen with what is above it, beyond which it is without. */
const MAX_BASE = 512 * 1024;

/** Private modes (DECSET) that the add-on does not write: the cursor, and how the mouse is reported. */
const MODES = new Set([25, 1005, 1006, 1015, 1016]);

/** What xterm knows and does not tell: how its parser stands, and its decoder of UTF-8. */
interface Inside {
  readonly _core: {
    readonly _inputHandler: {
      readonly _parser: { readonly currentState: number };
      readonly _utf8Decoder: { readonly interim: Uint8Array };
    };
  };
}

/** What a terminal shows after what was written to it, as few bytes: a terminal without a window. */
export class Screen {
  readonly #terminal: headless.Terminal;
  readonly #serialize = new serialize.SerializeAddon();
  /** What was set and the add-on does not write: how to set it again. */
  readonly #settings = new Map<string | number, string>();

  /** @param answer takes what the terminal itself says, such as where the cursor is */
  constructor(size: Size, answer: (bytes: Uint8Array) => void = () => undefined) {
    const terminal = new headless.Terminal({
      ...{ ...size, scrollback: SCROLLBACK, allowProposedApi: true },
    });
    this.#terminal = terminal;
    terminal.loadAddon(this.#serialize as unknown as headless.ITerminalAddon); // it is for either kind
    terminal.onData((data) => answer(new TextEncoder().encode(data)));
    terminal.onTitleChange((title) => this.#settings.set("title", `\x1b]2;${title}\x07`));
    const { parser } = terminal;
    for (const final of ["h", "l"]) {
      parser.registerCsiHandler({ prefix: "?", final }, (params) => {
        for (const mode of params.flat())
          if (MODES.has(mode)) this.#settings.set(mode, `\x1b[?${mode}${final}`);
        return false;
      });
    }
    // The scrolling region (DECSTBM), and the cursor's shape (DECSCUSR).
    parser.registerCsiHandler({ final: "r" }, ([top, bottom]) => {
      const [first, last] = [Number(top) || 1, Number(bottom) || terminal.rows];
      if (first === 1 && last >= terminal.rows) this.#settings.delete("region");
      else this.#settings.set("region", `\x1b[${first};${last}r`);
      return false;
    });
    parser.registerCsiHandler({ intermediates: " ", final: "q" }, ([shape]) => {
      this.#settings.set("cursor", `\x1b[${shape} q`);
      return false;
    });
    const forget = () => {
      this.#settings.clear();
      return false;
    };
    parser.registerEscHandler({ final: "c" }, forget);
    parser.registerCsiHandler({ intermediates: "!", final: "p" }, forget);
  }

  /** @param shown called once it is on the screen, and not in the middle of the next */
  write(bytes: Uint8Array, shown?: () => void): void {
    this.#terminal.write(bytes, shown);
  }

  resize({ cols, rows }: Size): void {
    this.#terminal.resize(cols, rows); // what waits is on the screen before
    this.#settings.delete("region");
  }

  /** Whether what was shown ends between sequences, and characters: only there can it be cut in two. */
  get #isWhole(): boolean {
    const { _parser, _utf8Decoder } = (this.#terminal as unknown as Inside)._core._inputHandler;
    return _parser.currentState === 0 && _utf8Decoder.interim[0] === 0;
  }

  /**
   * What makes a new terminal of the same size show this, and go on like this one. Undefined where
   * there is nothing that does: in the middle of a sequence.
   */
  base(): Uint8Array | undefined {
    if (!this.#isWhole) return undefined;
    const text = this.#drawn(SCROLLBACK);
    return new TextEncoder().encode(text.length > MAX_BASE ? this.#drawn(0) : text);
  }

  #drawn(scrollback: number): string {
    const { active } = this.#terminal.buffer;
    let text = this.#serialize.serialize({ scrollback });
    if (active.type === "alternate") {
      // A program's screen begins in no colour, whatever the shell's was.
      const { length } = this.#serialize.serialize({ scrollback, ...NORMAL_ONLY });
      text = `${text.slice(0, length)}\x1b[m${text.slice(length)}`;
    }
    text += [...this.#settings.values()].join("");
    if (!this.#settings.has("region")) return text;
    return `${text}\x1b[${active.cursorY + 1};${active.cursorX + 1}H`; // the region has moved it
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

const NORMAL_ONLY = { excludeAltBuffer: true, excludeModes: true };
