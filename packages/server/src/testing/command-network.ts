import { CommandCalls, CommandHandlers } from "@deltawire/encoder";
import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import { CommandDesk, type CommandEffect } from "../engine/command-desk.js";
import { FakeClock } from "./fake-clock.js";

/** Milliseconds that a producer is waited for. */
export const LEASE = 5;

type Sent = CommandFrame | CommandResultFrame;

/** Both directions of a connection: what is under way is lost when it is cut. */
class Connection {
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
export class Consumer {
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

/** One who answers: a producer's id, and the program runs that it is used by, one after the other. */
export class Producer {
  readonly connection: Connection = new Connection();
  readonly id: string;
  /** What each run has begun, in order. */
  readonly runs: string[][] = [];
  #unfinished: (() => void)[] = [];
  #handlers = new CommandHandlers("c", () => undefined);

  constructor(id: string) {
    this.id = id;
    this.restart();
  }

  restart(): void {
    const run: string[] = [];
    this.runs.push(run);
    const handlers = new CommandHandlers("c", (result) => {
      if (this.#handlers === handlers) this.connection.send("up", result);
    });
    this.#handlers = handlers;
    handlers.on("do", async (value, { by, id }) => {
      run.push(`${by} ${id}`);
      await new Promise<void>((resolve) => this.#unfinished.push(resolve));
      if (id === "fails") throw new Error("no");
      return value;
    });
  }

  /** Lets the handlers go on that have begun. @returns whether there are any */
  finish(): boolean {
    const unfinished = this.#unfinished.splice(0);
    for (const resolve of unfinished) resolve();
    return unfinished.length > 0;
  }

  receive(frame: Sent): void {
    if (frame.type === "command") this.#handlers.receive(frame);
  }
}

/** Consumers, producers, and the desk between them. */
export class Network {
  readonly clock: FakeClock = new FakeClock();
  readonly desk: CommandDesk<Consumer> = new CommandDesk("c", (message) =>
    this.owners.get(message),
  );
  readonly owners: Map<string, string> = new Map([["of p", "p"]]);
  readonly consumers: Consumer[] = ["a", "a", "b"].map((by) => new Consumer(by, this.clock));
  readonly producers: Producer[];
  /** What the desk accepted, in order. */
  readonly accepted: string[] = [];

  constructor(producers: readonly string[]) {
    this.producers = producers.map((id) => new Producer(id));
    for (const consumer of this.consumers) this.connect(consumer);
    for (const producer of this.producers) this.attach(producer);
  }

  apply(effects: readonly CommandEffect<Consumer>[]): void {
    for (const effect of effects) {
      if (effect.is === "answer") effect.to.connection.send("down", effect.frame);
      else {
        const producer = this.producers.find(({ id }) => id === effect.to);
        producer?.connection.send("down", effect.frame);
      }
    }
  }

  connect(consumer: Consumer): void {
    if (consumer.connection.isOpen) return;
    consumer.connection.open();
    consumer.calls.resend();
  }

  disconnect(consumer: Consumer): void {
    consumer.connection.cut();
    this.desk.forget(consumer);
  }

  attach(producer: Producer): void {
    producer.connection.cut();
    producer.connection.open();
    this.apply(this.desk.attach(producer.id));
  }

  detach(producer: Producer): void {
    if (!producer.connection.isOpen) return;
    producer.connection.cut();
    this.apply(this.desk.detach(producer.id, this.clock.now() + LEASE));
  }

  /** The next frame of a consumer's connection arrives, one way or the other. */
  moveConsumer(consumer: Consumer, direction: "up" | "down"): boolean {
    const frame = consumer.connection.take(direction);
    if (frame?.type === "command_result") consumer.calls.receive(frame);
    if (frame?.type === "command") {
      const key = `${consumer.by} ${frame.id}`;
      if (!this.accepted.includes(key)) this.accepted.push(key);
      this.apply(this.desk.ask(consumer, consumer.by, frame, this.clock.now()));
    }
    return frame !== undefined;
  }

  /** The next frame of a producer's connection arrives, one way or the other. */
  moveProducer(producer: Producer, direction: "up" | "down"): boolean {
    const frame = producer.connection.take(direction);
    if (frame?.type === "command") producer.receive(frame);
    if (frame?.type === "command_result") this.apply(this.desk.resolve(producer.id, frame));
    return frame !== undefined;
  }

  advance(milliseconds: number): void {
    this.clock.advance(milliseconds);
    this.apply(this.desk.expire(this.clock.now()));
  }

  /** Everybody is there, and everything that is under way arrives. */
  async settle(): Promise<void> {
    for (const consumer of this.consumers) this.connect(consumer);
    for (const producer of this.producers) if (!producer.connection.isOpen) this.attach(producer);
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (const direction of ["up", "down"] as const) {
        for (const each of this.consumers) isBusy = this.moveConsumer(each, direction) || isBusy;
        for (const each of this.producers) isBusy = this.moveProducer(each, direction) || isBusy;
      }
      for (const producer of this.producers) isBusy = producer.finish() || isBusy;
      await turn();
    }
  }
}

/** Lets handlers and promises go on. */
export const turn = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await Promise.resolve();
};
