import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type BytesChange, connect, followBytes, type Wire } from "@deltawire/client";
import { createServer, type Server } from "@deltawire/server";
import { afterEach, expect, test } from "vitest";

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Turns of the event loop in which what is under way arrives, on a busy machine too. */
const MAX_TURNS = 1_000_000;

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS && !isSo(); turn++) await setImmediate();
  expect(isSo()).toBe(true);
}

async function serve(): Promise<{ server: Server; url: string }> {
  const server = createServer();
  const { url } = await server.listen({ port: 0 });
  closing.push(() => server.close());
  return { server, url };
}

function open(url: string, options: Parameters<typeof connect>[1] = {}): Wire {
  const wire = connect(url, options);
  closing.push(() => wire.close());
  return wire;
}

/** What a terminal is here: a number that every byte has a part in, and how many there were. */
class Screen {
  #sum = 0;
  #count = 0;

  get state(): string {
    return `${this.#count} ${this.#sum}`;
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) this.#sum = (Math.imul(this.#sum, 31) + byte) >>> 0;
    this.#count += bytes.length;
  }

  /** What draws it: 2,000 bytes that do not compress, as of a screen of 25 by 80. */
  drawn(): Uint8Array {
    const drawn = crypto.getRandomValues(new Uint8Array(2000));
    drawn.set(new TextEncoder().encode(`${this.state} `));
    return drawn;
  }

  render(change: BytesChange): void {
    if (change.type === "reset") {
      const [count = 0, sum = 0] = new TextDecoder().decode(change.base).split(" ").map(Number);
      this.#count = count;
      this.#sum = sum;
    }
    this.write(change.bytes);
  }
}

const MB = 1_000_000;
const CHUNK = 100_000;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes of memory that are in use, after a collection. */
function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Adds up what comes in over a wire, in bytes of payload. */
function received(wire: Wire): () => number {
  let bytes = 0;
  wire.tap((event) => {
    if (event.type !== "message" || event.direction !== "received") return;
    bytes += Buffer.byteLength(event.message);
  });
  return () => bytes;
}

test.each([
  { codec: "msgpack", size: 100 },
  { codec: "json", size: 10 },
] as const)(
  "after $size MB of output a late joiner gets a few KB, and nobody holds more: $codec",
  async ({ codec, size }) => {
    const { server, url } = await serve();
    const own = new Screen();
    const watched = new Screen();
    const terminal = open(url, { codec }).channel("terminal");
    const output = terminal
      .write("shell")
      .bytes("output", { base: () => own.drawn(), every: 4096 });
    const viewer = open(url, { codec });
    followBytes(viewer.channel("terminal"), "shell", "output", (change) => watched.render(change));
    const before = inUse();
    let most = 0;
    const chunk = Uint8Array.from({ length: CHUNK }, (_, i) => i % 251);
    for (let written = 0; written < size * MB; written += CHUNK) {
      output.append(chunk);
      own.write(chunk);
      await setImmediate();
      if (written % (5 * MB) === 0) most = Math.max(most, inUse() - before);
    }
    await terminal.flush();
    await until(() => watched.state === own.state);
    most = Math.max(most, inUse() - before);
    expect(most).toBeLessThan(60 * MB); // 8 MiB on their way and some copies, whatever the size

    const late = open(url, { codec });
    const bytes = received(late);
    const joined = new Screen();
    followBytes(late.channel("terminal"), "shell", "output", (change) => joined.render(change));
    await until(() => joined.state === own.state);
    expect(bytes()).toBeLessThan(10_000);
    expect(server.channel("terminal").state.message("shell")?.part("output")).toMatchObject({
      end: size * MB,
    });
  },
);
