import { CommandHandlers } from "@deltawire/encoder";
import type { CommandFrame } from "@deltawire/spec";
import { ChannelCommands, type Taker } from "../channel-commands.js";
import { CommandDesk } from "../engine/command-desk.js";
import type { CommandEntry } from "../engine/command-entry.js";
import { Connection, Consumer, type Sent } from "./command-consumer.js";
import { FakeClock } from "./fake-clock.js";

/** Milliseconds that a producer is waited for. */
export const LEASE = 5;

/** A run of a producer's attachment, at a server. */
class Attachment implements Taker {
  readonly token: number;
  readonly server: Server;
  /** What was delivered to it. */
  readonly delivered: string[] = [];
  readonly #producer: Producer;

  constructor(producer: Producer, server: Server, token: number) {
    this.#producer = producer;
    this.server = server;
    this.token = token;
  }

  onCommand(frame: CommandFrame): void {
    this.delivered.push(`${frame.by} ${frame.id}`);
    if (this.#producer.attachment === this) this.#producer.connection.send("down", frame);
  }
}

/** A server of several that have one log. */
export class Server {
  readonly desk: CommandDesk = new CommandDesk("c");
  readonly commands: ChannelCommands;
  /** What became of the commands that it has ended. */
  readonly ended: (string | undefined)[] = [];
  readonly #network: Network;
  /** How far it has read the log. */
  #position = 0;
  #waiting: CommandEntry[] = [];

  constructor(network: Network, name: string) {
    this.#network = network;
    const { clock, isHasty } = network;
    this.commands = new ChannelCommands("c", {
      clock,
      lease: LEASE,
      server: name,
      desk: this.desk,
      isKeeper: true, // each of them: that one has done it already must do no harm
      now: () => clock.now(),
      run: (entry) => {
        this.#waiting.push(entry);
        if (isHasty) this.decide();
      },
      onEnded: (code) => this.ended.push(code),
    });
  }

  /** Reads what others have appended. */
  read(): void {
    for (const entry of this.#network.log.slice(this.#position)) this.#apply(entry, false);
    this.#position = this.#network.log.length;
  }

  /** Appends what was handed in next, if it is still something. @returns whether there was any */
  decide(): boolean {
    const entry = this.#waiting.shift();
    if (!entry) return false;
    this.read();
    if (this.desk.isNews(entry)) this.#position = this.#network.log.push(entry);
    this.#apply(entry, true);
    return true;
  }

  #apply(entry: CommandEntry, isOwn: boolean): void {
    const effects = this.desk.apply(entry, (message) => this.#network.owners.get(message));
    this.commands.carryOut(effects, isOwn);
  }
}

/** One who answers: a producer's id, and the program runs that it is used by, one after the other. */
export class Producer {
  readonly connection: Connection = new Connection();
  readonly id: string;
  /** What each run has begun, in order. */
  readonly runs: string[][] = [];
  attachment: Attachment | undefined;
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

/** Consumers, producers, and the servers between them. */
export class Network {
  readonly clock: FakeClock = new FakeClock();
  readonly log: CommandEntry[] = [];
  readonly owners: Map<string, string> = new Map([["of p", "p"]]);
  readonly consumers: Consumer[] = ["a", "a", "b"].map((by) => new Consumer(by, this.clock));
  readonly producers: Producer[];
  readonly servers: Server[];
  readonly attachments: Attachment[] = [];
  /** Whether what happens is in the log at once: else when a server {@link Server.decide}s. */
  readonly isHasty: boolean;

  constructor(producers: readonly string[], servers: readonly string[] = ["one"]) {
    this.isHasty = servers.length === 1;
    this.producers = producers.map((id) => new Producer(id));
    this.servers = servers.map((name) => new Server(this, name));
    for (const consumer of this.consumers) this.connect(consumer);
    for (const producer of this.producers) this.attach(producer);
  }

  /** What was accepted, in order. */
  get accepted(): string[] {
    return this.log.flatMap((entry) =>
      entry.type === "asked" ? `${entry.by} ${entry.frame.id}` : [],
    );
  }

  #server(which: number): Server {
    return this.servers[which % this.servers.length] as Server;
  }

  /** The server that a consumer is connected to: each to another one. */
  #serverOf(consumer: Consumer): Server {
    return this.#server(this.consumers.indexOf(consumer));
  }

  connect(consumer: Consumer): void {
    if (consumer.connection.isOpen) return;
    consumer.connection.open();
    consumer.calls.resend();
  }

  disconnect(consumer: Consumer): void {
    consumer.connection.cut();
    this.#serverOf(consumer).commands.forget(consumer);
  }

  /** A producer attaches, at any server; where it was before hears of it later. */
  attach(producer: Producer, which = 0): void {
    const earlier = producer.attachment;
    producer.connection.cut();
    producer.connection.open();
    const server = this.#server(which);
    const attachment = new Attachment(producer, server, this.attachments.length + 1);
    this.attachments.push(attachment);
    producer.attachment = attachment;
    server.commands.attach(producer.id, attachment);
    earlier?.server.commands.detach(producer.id, earlier);
  }

  detach(producer: Producer): void {
    if (!producer.connection.isOpen) return;
    producer.connection.cut();
    const { attachment } = producer;
    producer.attachment = undefined;
    attachment?.server.commands.detach(producer.id, attachment);
  }

  /** The next frame of a consumer's connection arrives, one way or the other. */
  moveConsumer(consumer: Consumer, direction: "up" | "down"): boolean {
    const frame = consumer.connection.take(direction);
    if (frame?.type === "command_result") consumer.calls.receive(frame);
    if (frame?.type === "command") {
      this.#serverOf(consumer).commands.ask(consumer, consumer.by, frame);
    }
    return frame !== undefined;
  }

  /** The next frame of a producer's connection arrives, one way or the other. */
  moveProducer(producer: Producer, direction: "up" | "down"): boolean {
    const frame = producer.connection.take(direction);
    const { attachment } = producer;
    if (frame?.type === "command") producer.receive(frame);
    if (frame?.type === "command_result" && attachment) {
      attachment.server.commands.resolve(producer.id, attachment, frame);
    }
    return frame !== undefined;
  }

  advance(milliseconds: number): void {
    this.clock.advance(milliseconds);
    this.#decide();
  }

  /** The servers decide everything, and have read it. @returns whether there was anything */
  #decide(): boolean {
    let isBusy = false;
    for (const server of this.servers) while (server.decide()) isBusy = true;
    for (const server of this.servers) server.read();
    return isBusy;
  }

  /** Everybody is there, and everything that is under way arrives. */
  async settle(): Promise<void> {
    for (const consumer of this.consumers) this.connect(consumer);
    for (const producer of this.producers) if (!producer.connection.isOpen) this.attach(producer);
    for (let isBusy = true; isBusy; ) {
      isBusy = this.#decide();
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
