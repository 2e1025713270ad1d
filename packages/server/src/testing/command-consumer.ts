import { CommandCalls } from "@deltawire/encoder";
import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import type { Asker } from "../channel-commands.js";
import type { FakeClock } from "./fake-clock.js";

/** What is sent over it. */
export type Sent = CommandFrame | CommandResultFrame;

/** Both directions of a connection: what is under way is lost when it is cut. */
export class Connection {
  isOpen = false;
  #up: Sent[] = [];
  #down: Sent[] = [];

  open(): void {
    this.isOpen = true;
  }

  cut(): void {
    this.isOpen = false;
    this.#up = [];
    this.#down = [];
  }

  send(direction: "up" | "down", frame: Sent): void {
    if (this.isOpen) (direction === "up" ? this.#up : this.#down).push(frame);
  }

  take(direction: "up" | "down"): Sent | undefined {
    return (direction === "up" ? this.#up : this.#down).shift();
  }
}

/** One who asks: its promises, by the id that was asked, and what came of them. */
export class Consumer implements Asker {
  readonly connection: Connection = new Connection();
  readonly by: string;
  readonly calls: CommandCalls;
  readonly outcomes: { readonly id: string; outcome?: string }[] = [];

  constructor(by: string, clock: FakeClock) {
    this.by = by;
    let ids = 0;
    this.calls = new CommandCalls("c", {
      clock,
      send: (frame) => this.connection.send("up", frame),
      randomId: () => `random-${ids++}`,
    });
  }

  onResult(frame: CommandResultFrame): void {
    this.connection.send("down", frame);
  }

  ask(id: string, message: string | undefined): void {
    const asked: { readonly id: string; outcome?: string } = { id };
    this.outcomes.push(asked);
    const options = message === undefined ? { id } : { id, message };
    this.calls.ask("do", id, options).then(
      (value) => {
        asked.outcome = `done ${String(value)}`;
      },
      ({ code }) => {
        asked.outcome = code;
      },
    );
  }
}
