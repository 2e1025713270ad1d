import process from "node:process";
import {
  type Command,
  DeltawireError,
  type JsonObject,
  type JsonValue,
  type Server,
} from "@deltawire/server";
import pty from "@lydell/node-pty";
import { Control } from "./control.js";
import { Screen } from "./screen.js";

/** The message that is the shell's output, its part, and the channel's name before the terminal's. */
export const SHELL = {
  channel: "terminal/",
  here: "here/",
  message: "shell",
  part: "output",
} as const;

/** Bytes that may wait for the screen, or for the channel, before the shell does. */
const MAX_WAITING = 128 * 1024;

/** Bytes of output after which the screen stands for them, at least; and times the screen's own. */
const MIN_SINCE = 8 * 1024;
const TIMES_BASE = 4;

/** Milliseconds without output after which less is enough: who comes then gets the screen alone. */
const QUIET = 500;
const MIN_QUIET = 1024;

/** People who may be here. */
const MAX_PEOPLE = 1000;

/** Bytes of a screen with what is above it, beyond which it is without. */
const MAX_BASE = 512 * 1024;

/** Most columns and rows: such a screen, each letter in a colour of its own, is a base that fits. */
const MAX_SIZE = { cols: 300, rows: 100 };

/** What a terminal runs. */
export interface TerminalOptions {
  /** @default "main" */
  readonly name?: string;
  /** The program, with its arguments. @default the user's shell */
  readonly command?: readonly [string, ...string[]];
}

/** A shell in a channel: what it prints is a part of a message, what is typed are commands. */
export class Terminal {
  readonly #server: Server;
  readonly #channel: ReturnType<Server["channel"]>;
  readonly #command: readonly [string, ...string[]];
  readonly #control: Control;
  readonly #watching = new Map<string, () => void>();
  #attributes: JsonObject = {};
  #size = { cols: 80, rows: 24 };
  #screen: Screen;
  #shell: pty.IPty | undefined;
  /** Bytes that were printed, on the screen, and stood for by a base. */
  #printed = 0;
  #shown = 0;
  #based = 0;
  #baseLength = 0;
  /** Bytes that were printed since the channel was last asked whether it has them. */
  #unheld = 0;
  #isHolding = false;
  #isClosed = false;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #isPaused = false;

  constructor(server: Server, { name = "main", command }: TerminalOptions = {}) {
    this.#server = server;
    this.#command = command ?? [process.env.SHELL ?? "/bin/sh"];
    const channel = server.channel(`${SHELL.channel}${name}`, { throttle: 0 });
    this.#channel = channel;
    this.#control = new Control((attendance) => this.#tell({ ...attendance }));
    this.#screen = this.#newScreen();
    this.#tell({ size: this.#size });
    const on = (name: string, run: (value: JsonValue | undefined, by: string) => unknown) =>
      channel.onCommand(name, (value, { by }: Command) => {
        if (by === undefined)
          throw new DeltawireError("forbidden", "this server asks nobody who he is");
        return run(value, by);
      });
    on("join", (value, by) => {
      this.#join(by, String(value));
      return by; // what he is called here
    });
    on("control", (value, by) => this.#control.hand(by, value === null ? null : String(value)));
    on("input", (value, by) => {
      this.#control.require(by);
      this.#type(value);
    });
    on("resize", (value, by) => {
      this.#control.require(by);
      this.#resize(value);
    });
    this.#start();
  }

  /** Says something of the terminal to everybody. */
  #tell(attributes: JsonObject): void {
    if (this.#isClosed) return;
    this.#attributes = { ...this.#attributes, ...attributes };
    this.#channel.setAttributes(this.#attributes);
  }

  #newScreen(): Screen {
    const { cols, rows } = this.#size;
    const screen = new Screen(cols, rows, (answer) => this.#shell?.write(answer));
    screen.onTitle((title) => this.#tell({ title }));
    return screen;
  }

  #start(): void {
    const [file, ...args] = this.#command;
    const shell = pty.spawn(file, args, {
      ...this.#size,
      name: "xterm-256color",
      env: { ...process.env, TERM: "xterm-256color", COLORTERM: "truecolor" },
      encoding: null,
    });
    this.#shell = shell;
    // Without an encoding it hands over buffers, whatever its type says.
    shell.onData((data) => this.#print(data as unknown as Uint8Array));
    shell.onExit(({ exitCode }) => {
      this.#shell = undefined;
      const said = `\r\n[ended with ${exitCode}: press a key for another shell]\r\n`;
      this.#print(new TextEncoder().encode(said));
    });
  }

  get #output() {
    return this.#channel.write(SHELL.message, { role: "terminal" }).bytes(SHELL.part);
  }

  #print(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#output.append(bytes);
    this.#printed += bytes.length;
    this.#unheld += bytes.length;
    this.#screen.write(bytes, () => {
      if (this.#isClosed) return;
      this.#shown += bytes.length;
      this.#compact(Math.max(MIN_SINCE, TIMES_BASE * this.#baseLength));
      clearTimeout(this.#quiet);
      const least = Math.max(MIN_QUIET, this.#baseLength / 2);
      this.#quiet = setTimeout(() => this.#compact(least), QUIET);
      this.#flow();
    });
    if (this.#unheld > MAX_WAITING) void this.#hold();
    this.#flow();
  }

  /** Waits until the channel has what was printed. */
  async #hold(): Promise<void> {
    if (this.#isHolding) return;
    this.#isHolding = true;
    this.#unheld = 0;
    await this.#channel.flush().catch(() => undefined); // the server closes
    this.#isHolding = false;
    this.#flow();
  }

  /** The shell waits while others have not taken what it has printed. */
  #flow(): void {
    const isTooMuch = this.#screen.waiting > MAX_WAITING || this.#unheld > MAX_WAITING;
    if (isTooMuch === this.#isPaused) return;
    this.#isPaused = isTooMuch;
    if (isTooMuch) this.#shell?.pause();
    else this.#shell?.resume();
  }

  /** The screen stands for what has led to it, once that is much more. */
  #compact(least: number): void {
    if (this.#shown - this.#based < least || !this.#screen.isWhole) return;
    let base = this.#screen.base();
    if (base.length > MAX_BASE) base = this.#screen.base(0);
    this.#output.compact(base, this.#shown);
    this.#based = this.#shown;
    this.#baseLength = base.length;
  }

  #type(value: JsonValue | undefined): void {
    if (!this.#shell) this.#start();
    else if (typeof value === "string") this.#shell.write(value);
    else if (isBinary(value)) {
      // It takes buffers as well, whatever its type says.
      this.#shell.write(Buffer.from(value.binary, "latin1") as unknown as string);
    }
  }

  #resize(value: JsonValue | undefined): void {
    const { cols, rows }: { cols?: unknown; rows?: unknown } = Object(value);
    const size = { cols: within(cols, 2, MAX_SIZE.cols), rows: within(rows, 1, MAX_SIZE.rows) };
    this.#size = size;
    this.#screen.resize(size.cols, size.rows);
    this.#shell?.resize(size.cols, size.rows);
    this.#tell({ size });
    this.#compact(0); // what was printed before was for another size
  }

  /** Somebody is here as long as a message of his own is open, which ends with his connection. */
  #join(id: string, name: string): void {
    this.#watching.get(id)?.();
    if (this.#watching.size >= MAX_PEOPLE) {
      throw new DeltawireError("overloaded", `${MAX_PEOPLE} people are here already`);
    }
    const channel = this.#server.channel(`${SHELL.here}${id}`);
    let wasHere = false;
    const look = () => {
      const isHere = channel.state.messages.some(({ status }) => status === "streaming");
      if (isHere && !wasHere)
        this.#control.joined(id, name.slice(0, 40) || `guest ${id.slice(0, 3)}`);
      else if (wasHere && !isHere) leave();
      wasHere = isHere;
    };
    const stop = channel.subscribe(look);
    const forget = () => {
      stop();
      this.#watching.delete(id);
    };
    const leave = () => {
      forget();
      this.#control.left(id);
      void this.#server.delete(channel.name);
    };
    this.#watching.set(id, forget);
    look();
  }

  /** Ends the shell. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#quiet);
    this.#shell?.kill();
    this.#screen.dispose();
  }
}

const within = (value: unknown, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(Number(value)) || least));

const isBinary = (value: JsonValue | undefined): value is { readonly binary: string } =>
  typeof value === "object" &&
  value !== null &&
  "binary" in value &&
  typeof value.binary === "string";
