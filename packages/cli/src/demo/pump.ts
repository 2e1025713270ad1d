import type { Socket } from "node:net";
import type { Direction } from "./direction.js";
import type { Faults } from "./faults.js";

/**
 * Passes one direction of a connection on, as fast as it is read at the other end and as the
 * network lets it; a half-close too. What does not pass is not read either, beyond a chunk.
 */
export class Pump {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #faults: Faults | undefined;
  readonly #onPass: (direction: Direction, chunk: Buffer) => void;
  #held: Buffer | undefined;
  #isDraining = false;
  #hasEnded = false;

  /** @param onPass sees each piece before it is handed on */
  constructor(
    [from, to]: readonly [from: Socket, to: Socket],
    direction: Direction,
    faults: Faults | undefined,
    onPass: (direction: Direction, chunk: Buffer) => void,
  ) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#faults = faults;
    this.#onPass = onPass;
    from.on("data", (chunk: Buffer) => {
      this.#held = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
      this.#run();
    });
    from.on("end", () => {
      this.#hasEnded = true;
      this.#run();
    });
    to.on("drain", () => {
      this.#isDraining = false;
      this.#run();
    });
    const stop = faults?.onChange(() => this.#run());
    if (stop) from.once("close", stop);
  }

  #run(): void {
    while (this.#held && !this.#isDraining) {
      const passing = this.#faults?.take(this.#direction, this.#held.length) ?? this.#held.length;
      if (passing === 0) break;
      const piece = this.#held.subarray(0, passing);
      this.#held = passing < this.#held.length ? this.#held.subarray(passing) : undefined;
      this.#onPass(this.#direction, piece);
      this.#isDraining = !this.#to.write(piece);
    }
    const mayRead = this.#faults?.mayRead(this.#direction) ?? true;
    if (mayRead && !this.#held && !this.#isDraining) this.#from.resume();
    else this.#from.pause();
    if (this.#hasEnded && !this.#held && !this.#to.writableEnded) this.#to.end();
  }
}
