import { CLOSE_CODES, SUBPROTOCOLS } from "@deltawire/spec";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { FakeSocket } from "./testing/fake-server.js";
import { message, snapshot } from "./testing/frames.js";
import { VirtualPlatform } from "./testing/virtual-platform.js";
import { Wire } from "./wire.js";

// Whatever happens to the sockets: there is one at most that counts, nobody who listens is
// forgotten, and what has stopped stays so and leaves nothing behind.

const FINAL: readonly number[] = [
  CLOSE_CODES.normal,
  CLOSE_CODES.protocol_error,
  CLOSE_CODES.superseded,
];

const OPTIONS = { throttle: 0, transport: "auto" } as const;

class World {
  readonly platform = new VirtualPlatform();
  readonly wire = new Wire("ws://host/wire", OPTIONS, this.platform);
  readonly channel = this.wire.channel("c");
  readonly listener = vi.fn();
  #stop: (() => void) | undefined;
  #seq = 0;
  /** How many sockets there were when it stopped for good. */
  stoppedAt: number | undefined;

  get sockets(): readonly FakeSocket[] {
    return this.platform.network.sockets;
  }

  get socket(): FakeSocket | undefined {
    return this.sockets.at(-1);
  }

  read(): void {
    this.#stop ??= this.channel.subscribe(this.listener);
  }

  leave(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  write(): void {
    if (this.stoppedAt === undefined) this.channel.write("mine").append("x");
  }

  accept(): void {
    if (this.socket?.protocol === "") this.socket.accept(SUBPROTOCOLS.json, { heartbeat: 1000 });
  }

  /** Answers, on a socket of any age, what was asked last. */
  answer(age: number): void {
    const socket = this.sockets.at(-1 - age);
    for (const frame of socket?.take() ?? []) {
      if (frame.type !== "subscribe") continue;
      this.#seq += 1;
      socket?.deliver(snapshot(frame.request, this.#seq, message("m", `${this.#seq}`)));
    }
  }

  end(age: number, code: number): void {
    const socket = this.sockets.at(-1 - age);
    const counts = socket?.isHeard;
    socket?.end(code);
    if (counts && FINAL.includes(code)) this.stoppedAt ??= this.sockets.length;
  }

  check(): void {
    const held = this.sockets.filter((socket) => socket.isHeard && !socket.closed);
    expect(held.length).toBeLessThanOrEqual(1);
    if (held.length === 1) expect(held[0]).toBe(this.socket);
    if (this.stoppedAt !== undefined) {
      expect(this.sockets).toHaveLength(this.stoppedAt);
      expect(this.wire.status.is).toBe("stopped");
    }
    expect(this.platform.wakers.size).toBeLessThanOrEqual(1);
  }

  /** Everything works again, unless it stopped: then who reads is told, and nothing is left. */
  async finish(): Promise<void> {
    if (this.stoppedAt === undefined) {
      this.read();
      for (let i = 0; i < 4 && this.wire.status.is !== "live"; i++) {
        this.platform.clock.advance(31_000);
        this.wire.retry();
        this.platform.clock.advance(0);
        this.accept();
        this.answer(0);
      }
      expect(this.channel.status).toEqual({ is: "live" });
      this.platform.clock.advance(0);
      this.listener.mockClear();
      const { seq } = this.channel.state;
      const frame = { type: "changes", channel: "c", from: seq, to: seq + 1, changes: [] } as const;
      this.socket?.deliver(frame);
      this.platform.clock.advance(0);
      expect(this.listener).toHaveBeenCalledOnce();
    }
    const closing = this.wire.close();
    this.socket?.end(1006);
    for (let i = 0; i < 3; i++) {
      this.platform.clock.advance(10_000);
      for (let j = 0; j < 10; j++) await Promise.resolve();
    }
    await closing;
    this.platform.clock.advance(0);
    expect(this.platform.clock.pending).toBe(0);
    expect(this.platform.wakers.size).toBe(0);
    expect(this.sockets.filter((socket) => socket.isHeard)).toEqual([]);
    expect(this.wire.status.is).toBe("stopped");
  }
}

type Act = (world: World) => void;

const age = fc.constantFrom(0, 0, 0, 1, 2);
const codes = [1000, 1001, 1006, 1006, 1006, 1009, 1011, 4400, 4408, 4409, 4429];
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom<Act[]>(
    (world) => world.read(),
    (world) => world.leave(),
    (world) => world.write(),
    (world) => world.accept(),
    (world) => world.accept(),
    (world) => world.platform.wake(),
    (world) => world.wire.retry(),
    (world) => {
      if (world.socket) world.socket.isMute = true;
    },
    (world) => world.socket?.deliver({ type: "goodbye", reason: "deploy", retry_after: 700 }),
    (world) => world.socket?.deliver({ type: "error", code: "malformed", message: "what?" }),
  ),
  age.map(
    (old): Act =>
      (world) =>
        world.answer(old),
  ),
  fc.tuple(age, fc.constantFrom(...codes)).map(
    ([old, code]): Act =>
      (world) =>
        world.end(old, code),
  ),
  fc.constantFrom(0, 1, 400, 1000, 2000, 16_000, 40_000).map(
    (ms): Act =>
      (world) =>
        world.platform.clock.advance(ms),
  ),
  fc.double({ min: 0, max: 0.999, noNaN: true }).map(
    (chance): Act =>
      ({ platform }) => {
        platform.chance = chance;
      },
  ),
);

test("L26: random sequences of what happens to sockets", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
      const world = new World();
      for (const each of acts) {
        each(world);
        world.check();
      }
      await world.finish();
    }),
    { numRuns: Number(process.env.DELTAWIRE_FUZZ_RUNS ?? 500) },
  );
}, 60_000);
