import { type Codec, createCodec, type Wire } from "@deltawire/protocol";
import { type ChangesFrame, DeltawireError, type Frame, type Subprotocol } from "@deltawire/spec";
import { ChannelWriter } from "../channel-writer.js";
import type { OutboxBounds } from "../outbox.js";
import { Log } from "./log.js";

/** A writer and a log, and connections between them which are lost at will; time is set by hand. */
export class Link {
  readonly log: Log = new Log();
  readonly writer: ChannelWriter;
  /** Every frame that was sent, whether it has arrived or not. */
  readonly sent: ChangesFrame[] = [];
  readonly asked: Frame[] = [];
  readonly #subprotocol: Subprotocol;
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];
  #ends: readonly [client: Codec, server: Codec] | undefined;
  #up: Wire[] = [];
  #down: Wire[] = [];

  constructor(
    subprotocol: Subprotocol,
    bounds?: OutboxBounds,
    generationOf: () => number | undefined = () => undefined,
  ) {
    this.#subprotocol = subprotocol;
    const clock = {
      now: () => this.#now,
      after: (delay: number, run: () => void) => {
        const timer = { at: this.#now + delay, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    };
    const identity = { producer: "p", instance: "i" };
    this.writer = new ChannelWriter(
      "c",
      {
        clock,
        identity,
        generationOf,
        produce: (frame) => {
          this.asked.push(frame);
          this.#send(frame);
        },
        send: (frames, after) => {
          this.sent.push(...frames);
          frames.forEach((frame, i) => {
            this.#up.push(...(this.#ends?.[0].encode(frame, i === 0 ? after : undefined) ?? []));
          });
        },
      },
      100,
      bounds,
    );
  }

  #send(frame: Frame): void {
    this.#up.push(...(this.#ends?.[0].encode(frame) ?? []));
  }

  /** Of what is on its way to the log. */
  get bytesUp(): number {
    return this.#up.reduce((sum, message) => sum + message.length, 0);
  }

  get timers(): number {
    return this.#timers.length;
  }

  connect(): void {
    if (this.#ends) return;
    this.#ends = [createCodec(this.#subprotocol), createCodec(this.#subprotocol)];
    this.writer.connected();
  }

  /** What is on its way is lost. */
  cut(): void {
    if (!this.#ends) return;
    this.#ends = undefined;
    this.#up = [];
    this.#down = [];
    this.writer.detached();
  }

  wait(time: number): void {
    this.#now += time;
    for (const timer of this.#timers.filter(({ at }) => at <= this.#now)) {
      if (!this.#timers.includes(timer)) continue;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.run();
    }
  }

  /** Lets some messages arrive at the log. */
  deliverUp(count: number = Number.POSITIVE_INFINITY): void {
    for (const message of this.#up.splice(0, count)) {
      const frame = this.#ends?.[1].decode(message);
      if (frame?.type === "produce") this.#answer(this.log.attach(frame));
      if (frame?.type === "changes") this.#answer(this.log.append(frame));
    }
  }

  #answer(frame: Frame): void {
    this.#down.push(...(this.#ends?.[1].encode(frame) ?? []));
  }

  /** Lets some messages arrive at the writer. */
  deliverDown(count: number = Number.POSITIVE_INFINITY): void {
    for (const message of this.#down.splice(0, count)) {
      const frame = this.#ends?.[0].decode(message);
      if (frame?.type === "producing") this.writer.attached(frame);
      if (frame?.type === "ack") this.writer.acknowledge(frame.seq, frame.refused);
      if (frame?.type === "error") {
        const { code, path } = frame;
        this.writer.rejected(new DeltawireError(DeltawireError.codeOf(code), "no", { path }));
      }
    }
  }

  /** Until nothing is on its way, and nothing waits but for longer than retries do. */
  settle(): void {
    this.connect();
    for (let i = 0; i < 50; i++) {
      this.wait(i < 40 ? 100 : 60_000);
      this.deliverUp();
      this.deliverDown();
    }
  }
}
