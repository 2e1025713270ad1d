import process from "node:process";
import type { BytesWriter, JsonValue, Server, ServerChannel } from "@deltawire/server";
import { Control } from "./control.js";
import { Presence } from "./presence.js";
import { Screen } from "./screen.js";
import { Shell, type Size } from "./shell.js";

/** A program, with its arguments. */
export type Program = readonly [string, ...string[]];

/** Bytes that may wait for the screen, or for the channel, before the shell does. */
const MAX_WAITING = 128 * 1024;

/** Bytes of output after which the screen stands for them. */
const EVERY = 8 * 1024;

/** Milliseconds without output after which fewer do: who comes then gets hardly more than the screen. */
const QUIET = 500;
const EVERY_QUIET = 1024;

/** Most columns and rows: such a screen, each letter in a colour of its own, is a base that fits. */
const MAX_SIZE: Size = { cols: 300, rows: 100 };

/** A shell in a channel: what it prints is a part of a message, what is typed are commands. */
export class Terminal {
  readonly #program: Program;
  readonly #channel: ServerChannel;
  readonly #output: BytesWriter;
  readonly #screen: Screen;
  readonly #presence: Presence;
  readonly #control = new Control();
  #shell: Shell | undefined;
  #size: Size = { cols: 80, rows: 24 };
  #waiting = 0;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(server: Server, program: Program = [process.env.SHELL ?? "/bin/sh"]) {
    this.#program = program;
    // What a program does not read it need not have asked.
    const answer = (bytes: Uint8Array) => void this.#shell?.type(bytes).catch(() => undefined);
    this.#screen = new Screen(this.#size, answer);
    const channel = server.channel("terminal/main", { throttle: 0 });
    this.#channel = channel;
    this.#output = channel.write("shell", { role: "terminal" }).bytes("output", {
      every: EVERY,
      base: () =>
        new Promise((made) => this.#screen.write(NOTHING, () => made(this.#screen.base()))),
    });
    this.#presence = new Presence(server, () => this.#meet());
    channel.onCommand("join", (message, { by = "" }) => {
      this.#presence.join(by, String(message));
      this.#meet();
      return by; // what he is called here
    });
    channel.onCommand("control", (to, { by = "" }) => {
      this.#control.hand(by, to === null ? null : String(to));
      this.#tell();
    });
    channel.onCommand("input", (typed, { by = "" }) => {
      this.#control.require(by);
      return this.#shell ? this.#shell.type(Buffer.from(String(typed), "latin1")) : this.#start();
    });
    channel.onCommand("resize", (size, { by = "" }) => {
      this.#control.require(by);
      this.#resize(size);
    });
    this.#start();
    this.#tell();
  }

  #meet(): void {
    this.#control.meet(this.#presence.people);
    this.#tell();
  }

  /** Says to everybody what is so. */
  #tell(): void {
    if (this.#isClosed) return;
    this.#channel.setAttributes({ size: { ...this.#size }, ...this.#control.now });
  }

  #start(): void {
    this.#shell = new Shell(this.#program, this.#size, {
      bytes: (bytes) => void this.#print(bytes),
      end: (code) => {
        this.#shell = undefined;
        const said = `\r\n[ended with ${code}: press a key for another shell]\r\n`;
        void this.#print(new TextEncoder().encode(said));
      },
    });
  }

  /** The shell waits while the screen, or the channel, has not taken what it has printed. */
  async #print(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed) return;
    this.#output.append(bytes);
    this.#waiting += bytes.length;
    this.#shell?.flow(this.#waiting <= MAX_WAITING);
    const shown = new Promise<void>((done) => this.#screen.write(bytes, done));
    await Promise.all([shown, this.#channel.flush().catch(() => undefined)]); // the server closes
    this.#waiting -= bytes.length;
    this.#shell?.flow(this.#waiting <= MAX_WAITING);
    clearTimeout(this.#quiet);
    if (!this.#isClosed) this.#quiet = setTimeout(() => this.#rest(), QUIET);
  }

  /** The screen stands for what was printed, unless that is less. */
  #rest(): void {
    const part = this.#channel.state.message("shell")?.part("output");
    if (part?.kind !== "bytes") return;
    if (part.bytes.length > Math.max(EVERY_QUIET, part.base.length / 2)) this.#compact();
  }

  #compact(): void {
    const base = this.#screen.base();
    if (base && this.#output.position > 0) this.#output.compact(base);
  }

  #resize(value: JsonValue | undefined): void {
    const { cols, rows }: { cols?: unknown; rows?: unknown } = Object(value);
    const size = { cols: within(cols, 2, MAX_SIZE.cols), rows: within(rows, 1, MAX_SIZE.rows) };
    this.#size = size;
    this.#screen.resize(size);
    this.#shell?.resize(size);
    this.#tell();
    this.#compact(); // what was printed before was for another size, and all of it is on the screen
  }

  /** Ends the shell. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#quiet);
    this.#shell?.kill();
    this.#screen.dispose();
  }
}

const NOTHING = new Uint8Array();

const within = (value: unknown, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(Number(value)) || least));
