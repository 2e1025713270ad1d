import { CLOSE_CODES, type Frame } from "@deltawire/spec";
import { describe, expect, test } from "vitest";
import type { Platform } from "./platform.js";
import type { ChannelStatus } from "./status.js";
import { FakeSocket } from "./testing/fake-server.js";
import { message, snapshot } from "./testing/frames.js";
import { VirtualClock } from "./testing/virtual-platform.js";
import { Wire } from "./wire.js";

const CLIENTS = 1000;

/** Milliseconds that a message takes from one end to the other. */
const LATENCY = 20;

const HEARTBEAT = 15_000;

/** What a server does with who connects. */
type Conduct = "serves" | "is silent" | "refuses" | "is full";

/** A server, and many clients that read channel "c" of it. */
class World {
  readonly clock = new VirtualClock();
  readonly wires: Wire[] = [];
  conduct: Conduct = "serves";
  #attempts: number[] = [];
  #sockets = new Set<FakeSocket>();
  #seed = 1;

  constructor() {
    for (let i = 0; i < CLIENTS; i++) {
      const wire = new Wire("ws://host/wire", { throttle: 0, codec: "json" }, this.#platform());
      wire.channel("c").subscribe(() => undefined);
      this.wires.push(wire);
    }
    this.clock.advance(1000);
    expect(this.count("live")).toBe(CLIENTS);
    this.#attempts = [];
  }

  #platform(): Platform {
    const connected = (socket: FakeSocket) => this.#connected(socket);
    const { clock } = this;
    return {
      clock,
      random: () => this.#random(),
      WebSocket: class extends FakeSocket {
        constructor(url: string, offered: string[]) {
          super(url, offered);
          connected(this);
        }
      },
      fetch: () => Promise.reject(new Error("no HTTP here")),
      notify: (run) => void clock.after(0, run),
      onWake: () => () => undefined,
    };
  }

  /** Mulberry32. */
  #random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  #connected(socket: FakeSocket): void {
    this.#attempts.push(this.clock.now());
    this.clock.after(LATENCY, () => this.#answer(socket));
  }

  #answer(socket: FakeSocket): void {
    if (this.conduct === "refuses") socket.end(1006);
    if (this.conduct === "serves" || this.conduct === "is full") socket.open();
    if (this.conduct === "is full") socket.end(CLOSE_CODES.overloaded);
    if (this.conduct !== "serves") return;
    this.#sockets.add(socket);
    socket.deliver({ type: "welcome", version: 1, durability: "memory", heartbeat: HEARTBEAT });
    for (const frame of socket.take()) this.#reply(socket, frame);
  }

  #reply(socket: FakeSocket, frame: Frame): void {
    if (frame.type !== "subscribe") return;
    const { request, channel } = frame;
    socket.deliver(
      { type: "subscribed", channel, request, epoch: "e", seq: 1, answer: "snapshot" },
      snapshot(request, 1, message("m", "Hello")),
    );
  }

  /** What was open is not any more; `how` tells each client, if it is told. */
  lose(how: (socket: FakeSocket, i: number) => void): void {
    [...this.#sockets].forEach(how);
    this.#sockets.clear();
  }

  /** Everybody hears something. */
  speak(): void {
    for (const socket of this.#sockets) socket.deliver({ type: "ping" });
  }

  count(is: Wire["status"]["is"]): number {
    return this.wires.filter(({ status }) => status.is === is).length;
  }

  /** What everybody shows: the text, and how good it is. */
  expectShown(is: ChannelStatus["is"]): void {
    for (const wire of this.wires) {
      const { state, status } = wire.channel("c");
      expect([state.message("m")?.text, status.is]).toEqual(["Hello", is]);
    }
  }

  /** Attempts in each second from a time on. */
  perSecond(from: number): number[] {
    const counts = Array<number>(Math.ceil((this.clock.now() - from) / 1000)).fill(0);
    for (const at of this.#attempts) {
      const second = Math.floor((at - from) / 1000);
      if (second >= 0) counts[second] = (counts[second] ?? 0) + 1;
    }
    return counts;
  }
}

/** Attempts in a second, as parts of all clients. */
const parts = (counts: readonly number[]): number => Math.max(...counts) / CLIENTS;

describe("1,000 clients that lose their server", () => {
  /** All have lost it for a minute; then it is there again. */
  function comeBack(world: World): number[] {
    expect(world.count("offline")).toBe(CLIENTS);
    world.expectShown("stale");
    const back = world.clock.now();
    world.conduct = "serves";
    world.clock.advance(60_000);
    expect(world.count("live")).toBe(CLIENTS);
    world.expectShown("live");
    const counts = world.perSecond(back);
    expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(CLIENTS); // one was enough
    expect(world.clock.pending).toBe(CLIENTS); // heartbeats
    return counts;
  }

  test("which refuses them for a minute", () => {
    const world = new World();
    world.conduct = "refuses";
    const gone = world.clock.now();
    world.lose((socket) => socket.end(1006));
    world.clock.advance(60_000);
    const counts = world.perSecond(gone);
    expect(parts(counts)).toBeLessThan(1.4);
    expect(parts(counts.slice(30))).toBeLessThan(0.1);
    expect(parts(comeBack(world))).toBeLessThan(0.1);
  });

  test("which falls silent, and all find out at the same moment", () => {
    const world = new World();
    world.conduct = "is silent";
    world.speak();
    const gone = world.clock.now();
    world.lose((socket) => {
      socket.isMute = true;
    });
    world.clock.advance(60_000);
    const counts = world.perSecond(gone);
    expect(parts(counts.slice(0, 30))).toBe(0);
    expect(parts(counts)).toBeLessThanOrEqual(1);
    expect(parts(counts.slice(32))).toBeLessThan(0.6);
    // Who waits for an answer of the one that is gone has 15 s more to wait.
    expect(parts(comeBack(world))).toBeLessThan(0.3);
  });

  test("which is out of room for a minute", () => {
    const world = new World();
    world.conduct = "is full";
    const gone = world.clock.now();
    world.lose((socket) => socket.end(1006));
    world.clock.advance(60_000);
    const counts = world.perSecond(gone);
    expect(parts(counts)).toBeLessThanOrEqual(1);
    expect(parts(counts.slice(1, 6))).toBeLessThan(0.1); // those who were refused stay away
    expect(parts(counts.slice(6))).toBeLessThan(0.15);
    expect(parts(comeBack(world))).toBeLessThan(0.1);
  });

  test("which says goodbye, and when to come back", () => {
    const world = new World();
    const gone = world.clock.now();
    world.lose((socket, i) => {
      const retry_after = (i * 7919 * 5) % 5000; // 200 a second, as a server says it
      socket.deliver({ type: "goodbye", reason: "deploy", retry_after });
      socket.end(CLOSE_CODES.going_away);
    });
    expect(world.count("offline")).toBe(CLIENTS);
    world.expectShown("stale");
    world.clock.advance(6000);
    expect(world.count("live")).toBe(CLIENTS);
    world.expectShown("live");
    const counts = world.perSecond(gone);
    expect(counts.reduce((sum, count) => sum + count)).toBe(CLIENTS);
    expect(parts(counts)).toBeLessThan(0.21);
  });
});
