const ESCAPE = 0x1b;
const BELL = 0x07;
/** What ends any sequence: CAN and SUB. */
const CANCELS = new Set([0x18, 0x1a]);
/** What begins a string after an escape: DCS, SOS, PM, APC; and OSC, which a bell may end. */
const STRINGS = new Set([..."PX^_"].map((letter) => letter.charCodeAt(0)));
const OSC = 0x5d;
const CSI = 0x5b;
/** First byte of the UTF-8 of U+0080 to U+00BF, of which the first half means what `ESC` does. */
const C1 = 0xc2;

/**
 * Whether a terminal's output stands between sequences (ECMA-48) and characters: only there can it be
 * cut in two that make sense each.
 */
export class Ground {
  #is: "ground" | "escape" | "csi" | "osc" | "string" = "ground";
  /** Bytes that the present character lacks, and its first one. */
  #missing = 0;
  #first = 0;

  get isReached(): boolean {
    return this.#is === "ground" && this.#missing === 0;
  }

  /** Takes what comes next. */
  pass(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === ESCAPE) this.#is = "escape";
      else if (CANCELS.has(byte)) this.#is = "ground";
      else if (this.#is !== "ground") this.#inSequence(byte);
      else if (byte < 0x80) this.#missing = 0;
      else this.#inCharacter(byte);
    }
  }

  #inSequence(byte: number): void {
    this.#missing = 0;
    if (this.#is === "escape") this.#introduced(byte);
    else if (this.#is === "csi" && byte >= 0x40 && byte <= 0x7e) this.#is = "ground";
    else if (this.#is === "osc" && byte === BELL) this.#is = "ground";
  }

  #introduced(byte: number): void {
    if (byte === CSI) this.#is = "csi";
    else if (byte === OSC) this.#is = "osc";
    else if (STRINGS.has(byte)) this.#is = "string";
    else if (byte >= 0x30 && byte <= 0x7e) this.#is = "ground";
  }

  #inCharacter(byte: number): void {
    if (byte >= 0xc0) {
      this.#first = byte;
      this.#missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    } else if (this.#missing > 0) {
      this.#missing -= 1;
      if (this.#first === C1 && byte <= 0x9f) {
        this.#is = "escape";
        this.#inSequence(byte - 0x40);
      }
    }
  }
}
