import { Duplex } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { HIGH_WATER } from "./transport.js";
import { framed as piecesOf } from "./websocket-frame.js";
import { WebSocketTransport } from "./websocket-transport.js";
import { WriteQueue } from "./write-queue.js";

/** A socket that keeps what is written to it, and has it gone when it is told. */
class Socket extends Duplex {
  readonly writes: Buffer[] = [];
  #gone: () => void = () => undefined;
  isHeld = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take([chunk], done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #take(chunks: Buffer[], done: () => void): void {
    const [first = Buffer.alloc(0)] = chunks;
    this.writes.push(chunks.length === 1 ? first : Buffer.concat(chunks));
    if (this.isHeld) this.#gone = done;
    else done();
  }

  override _read(): void {}

  release(): void {
    this.isHeld = false;
    this.#gone();
  }
}

let queue: WriteQueue;

function connection() {
  const socket = new Socket();
  const webSocket = {
    readyState: WebSocket.OPEN as WebSocket["readyState"],
    close: (code?: number) => void socket.write(`close ${code}`),
    pause: () => undefined,
    resume: () => undefined,
  };
  const transport = new WebSocketTransport(webSocket, socket, queue);
  return { socket, webSocket, transport };
}

const framed = (message: Uint8Array | string): Buffer => Buffer.concat(piecesOf(message));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

beforeEach(() => {
  queue = new WriteQueue();
});

describe("what is due in one turn", () => {
  test("is one write to each connection, and one buffer for those that are sent the same", async () => {
    const [a, b, c] = [connection(), connection(), connection()];
    const shared = [bytes(1), "two", bytes(3)];
    c.transport.send(bytes(9));
    for (const message of shared) {
      for (const { transport } of [a, b, c]) transport.send(message);
    }
    expect(a.socket.writes).toEqual([]);
    await turn();
    const expected = Buffer.concat(shared.map(framed));
    expect(a.socket.writes).toEqual([expected]);
    expect(b.socket.writes[0]).toBe(a.socket.writes[0]);
    expect(c.socket.writes).toEqual([Buffer.concat([framed(bytes(9)), expected])]);
  });

  test("is one buffer for each form of a frame, where connections take different ones", async () => {
    const all = Array.from({ length: 6 }, connection);
    const forms = [bytes(1), "one", bytes(11)];
    const more = [bytes(2), "two", bytes(22)];
    for (const messages of [forms, more]) {
      for (const [at, { transport }] of all.entries()) transport.send(messages[at % 3] ?? "");
    }
    await turn();
    const writes = all.map(({ socket }) => socket.writes[0]);
    expect(new Set(writes).size).toBe(3);
    expect(writes[4]).toEqual(Buffer.concat([framed("one"), framed("two")]));
  });

  test("is for those to whom it was sent, in their order", async () => {
    const all = Array.from({ length: 20 }, connection);
    const sent = all.map((): Buffer[] => []);
    for (let i = 0; i < 200; i++) {
      const message = bytes(i);
      for (const [at, { transport }] of all.entries()) {
        if ((i * 7 + at * at) % 3 === 0) continue;
        transport.send(message);
        sent[at]?.push(framed(message));
      }
      if (i % 16 === 0) await turn();
    }
    await turn();
    for (const [at, { socket }] of all.entries()) {
      expect(Buffer.concat(socket.writes)).toEqual(Buffer.concat(sent[at] ?? []));
    }
  });

  test("is whole where it is large", async () => {
    const { socket, transport } = connection();
    const messages = [bytes(1), new Uint8Array(100_000).fill(2), bytes(3)];
    for (const message of messages) transport.send(message);
    await turn();
    expect(socket.writes).toEqual([Buffer.concat(messages.map(framed))]);
  });

  test("is the same memory for all who are sent the same large message, whenever that is", async () => {
    const large = new Uint8Array(20_000).fill(2);
    const held: unknown[] = [];
    for (const before of [[], [bytes(1)]]) {
      const { socket, transport } = connection();
      socket._writev = (chunks) => held.push(chunks.at(-1)?.chunk.buffer);
      for (const message of [...before, large]) transport.send(message);
      await turn();
    }
    expect(held).toHaveLength(2);
    expect(held[0]).toBe(large.buffer);
    expect(held[1]).toBe(large.buffer);
  });

  test("is not written behind a close frame, whoever sent that", async () => {
    const { socket, webSocket, transport } = connection();
    transport.send(bytes(1));
    webSocket.readyState = WebSocket.CLOSING;
    await turn();
    expect(socket.writes).toEqual([]);
  });

  test("is written before the close frame of this side", async () => {
    const { socket, transport } = connection();
    transport.send(bytes(1));
    transport.close(4000, "the end");
    await turn();
    expect(socket.writes).toEqual([framed(bytes(1)), Buffer.from("close 4000")]);
  });
});

describe("what waits", () => {
  test("is counted from the moment that it is sent", async () => {
    const { socket, transport } = connection();
    socket.isHeld = true;
    transport.send(new Uint8Array(1000));
    expect(transport.waiting).toBe(1004);
    await turn();
    expect(transport.waiting).toBe(1004);
    socket.release();
    await turn();
    expect(transport.waiting).toBe(0);
  });

  test("is told of once, when it was above the mark and no more is", async () => {
    const { socket, transport } = connection();
    let drained = 0;
    transport.onDrain(() => {
      drained += 1;
      expect(transport.waiting).toBeLessThanOrEqual(HIGH_WATER);
    });
    transport.send(new Uint8Array(HIGH_WATER - 100));
    await turn();
    expect(drained).toBe(0); // never above it
    socket.isHeld = true;
    for (let i = 0; i < 3; i++) {
      transport.send(new Uint8Array(HIGH_WATER / 2));
      await turn();
    }
    expect(drained).toBe(0);
    socket.release();
    await turn();
    expect(drained).toBe(1);
  });

  test("is told of also where an answer of the WebSocket itself was above the mark", async () => {
    const { socket, transport } = connection();
    let drained = 0;
    transport.onDrain(() => {
      drained += 1;
    });
    socket.isHeld = true;
    transport.send(new Uint8Array(HIGH_WATER - 10));
    await turn();
    socket.write("pong");
    transport.answered();
    expect(transport.waiting).toBeLessThanOrEqual(HIGH_WATER);
    socket.write("another pong");
    expect(transport.waiting).toBeGreaterThan(HIGH_WATER);
    transport.answered();
    transport.answered();
    expect(drained).toBe(0);
    socket.release();
    await turn();
    expect(drained).toBe(1);
    expect(Buffer.concat(socket.writes.slice(1)).toString()).toBe("ponganother pong");
  });
});
