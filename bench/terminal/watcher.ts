import { randomBytes } from "node:crypto";
import { type Channel, connect, followBytes, type Wire } from "@deltawire/client";

/** Milliseconds since the Unix epoch, the same for all processes of a machine. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** One who has a terminal open, as a page does; without a screen. */
export class Watcher {
  readonly wire: Wire;
  readonly shell: Channel;
  /** When it had seen each position of the output. */
  readonly seen: Map<number, number> = new Map();
  /** Bytes that have come in. */
  received = 0;
  #stop: () => void;

  constructor(url: string) {
    this.wire = connect(url, { token: randomBytes(32).toString("base64url"), throttle: 0 });
    this.wire.tap((event) => {
      if (event.type !== "message" || event.direction !== "received") return;
      this.received += Buffer.byteLength(event.message as Uint8Array | string);
    });
    this.shell = this.wire.channel("terminal/main");
    this.#stop = followBytes(this.shell, "shell", "output", () => {
      this.seen.set(this.position, clock());
      this.onSeen();
    });
  }

  /** Told when it has seen more. */
  onSeen: () => void = () => undefined;

  get #output() {
    const part = this.shell.state.message("shell")?.part("output");
    return part?.kind === "bytes" ? part : undefined;
  }

  /** Bytes that the terminal has printed, as far as it has seen them. */
  get position(): number {
    return this.#output?.end ?? 0;
  }

  /** What it would draw, were it to begin now. */
  get shown(): string {
    const { base, bytes } = this.#output ?? {};
    return `${Buffer.from(base ?? []).toString()}${Buffer.from(bytes ?? []).toString()}`;
  }

  get isLive(): boolean {
    return this.shell.status.is === "live";
  }

  leave(): Promise<void> {
    this.#stop();
    return this.wire.close();
  }
}
