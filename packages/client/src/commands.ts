import {
  CommandCalls,
  type CommandHandler,
  CommandHandlers,
  type CommandOptions,
} from "@deltawire/encoder";
import type {
  CommandFrame,
  CommandResultFrame,
  DeltawireError,
  Frame,
  JsonValue,
} from "@deltawire/spec";
import { type Platform, randomId } from "./platform.js";

/** What {@link Commands} need of their channel. */
export interface CommandsHost {
  readonly platform: Platform;
  /** Sends a frame, or drops it while there is no connection. */
  send(frame: Frame): void;
  /** Commands may come here from now on. */
  accept(): void;
  /** Aborts the signals of a message, or of all. Returns whether somebody hears that. */
  stop(message?: string): boolean;
}

/** The commands of a channel: those that are sent from here, and those that come here. */
export class Commands {
  readonly #host: CommandsHost;
  readonly #calls: CommandCalls;
  readonly #handlers: CommandHandlers;

  constructor(channel: string, host: CommandsHost) {
    const { clock } = host.platform;
    const makeId = () => randomId(host.platform, 20);
    const send = (frame: Frame) => host.send(frame);
    this.#host = host;
    this.#calls = new CommandCalls(channel, { clock, send, randomId: makeId });
    this.#handlers = new CommandHandlers(channel, send, (message) => host.stop(message));
  }

  /** @see CommandCalls.ask */
  ask(name: string, value?: JsonValue, options?: CommandOptions): Promise<JsonValue | undefined> {
    return this.#calls.ask(name, value, options);
  }

  /** @see CommandHandlers.on */
  on(name: string, handler: CommandHandler): () => void {
    this.#host.accept();
    return this.#handlers.on(name, handler);
  }

  receive(frame: CommandFrame | CommandResultFrame): void {
    if (frame.type === "command") this.#handlers.receive(frame);
    else this.#calls.receive(frame);
  }

  /** Frames go out, over another connection perhaps: what has no answer is sent again. */
  connected(): void {
    this.#calls.resend();
  }

  /** There will be no connection any more. */
  end(error: DeltawireError): void {
    this.#calls.end(error);
  }
}
