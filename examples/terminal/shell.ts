import { writeSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { DeltawireError } from "@deltawire/server";
import pty from "@lydell/node-pty";

/** Bytes that may wait until the program reads them. */
const MAX_TYPED = 64 * 1024;

/** Milliseconds after which a program that did not read is given the rest. */
const AGAIN = 10;

/** What a pty of Unix has besides what its type says. */
interface Descriptor {
  readonly fd: number;
  readonly _socket: { readonly destroyed: boolean };
}

/** Columns and rows. */
export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** A program in a pty. */
export class Shell {
  readonly #pty: pty.IPty;
  #waiting = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param print takes what it prints, and in the end the code with which it ended */
  constructor(
    [file, ...args]: readonly [string, ...string[]],
    size: Size,
    print: { bytes(bytes: Uint8Array): void; end(code: number): void },
  ) {
    this.#pty = pty.spawn(file, args, {
      ...size,
      name: "xterm-256color",
      env: { ...process.env, TERM: "xterm-256color", COLORTERM: "truecolor" },
      encoding: null,
    });
    // Without an encoding it hands over buffers, whatever its type says.
    this.#pty.onData((data) => print.bytes(data as unknown as Uint8Array));
    this.#pty.onExit(({ exitCode }) => print.end(exitCode));
  }

  /**
   * Types something. Resolves when the program, or what its terminal keeps for it, has it.
   *
   * @throws by rejection: DeltawireError `overloaded` where too much waits for the program already
   */
  async type(bytes: Uint8Array): Promise<void> {
    if (this.#waiting + bytes.length > MAX_TYPED) {
      const what = `the program does not read what is typed: ${this.#waiting} bytes wait for it`;
      throw new DeltawireError("overloaded", `${what}, and what comes now is left out`);
    }
    this.#waiting += bytes.length;
    this.#writing = this.#writing.then(() => this.#write(bytes));
    await this.#writing;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    if (process.platform === "win32") {
      this.#pty.write(Buffer.from(bytes) as unknown as string); // it takes buffers as well
      rest = rest.subarray(bytes.length);
    }
    // On Unix its own `write` stops this whole process until the program reads. The descriptor is
    // there, and does not block, as long as its socket is not destroyed.
    const { fd, _socket } = this.#pty as unknown as Descriptor;
    while (rest.length > 0 && !_socket.destroyed) {
      try {
        const written = writeSync(fd, rest);
        rest = rest.subarray(written);
        if (written > 0) continue;
      } catch (error) {
        if (Object(error).code !== "EAGAIN") break; // it has ended
      }
      await sleep(AGAIN);
    }
    this.#waiting -= bytes.length;
  }

  resize({ cols, rows }: Size): void {
    this.#pty.resize(cols, rows);
  }

  /** Reads on, or leaves the program waiting with what it prints. */
  flow(isOn: boolean): void {
    if (isOn) this.#pty.resume();
    else this.#pty.pause();
  }

  kill(): void {
    this.#pty.kill();
  }
}
