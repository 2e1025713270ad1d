import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Channel, connect, type Wire } from "@deltawire/client";
import { level } from "@deltawire/level";
import { createServer, type Server } from "@deltawire/server";
import { afterEach, describe, expect, test, vi } from "vitest";

/** Turns of the event loop within which what waits for no timer is there, on a busy machine too. */
const MAX_TURNS = 200_000;

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});

/** Waits without a timer. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS && !isSo(); turn++) await setImmediate();
  expect(isSo()).toBe(true);
}

async function serve(isDurable: boolean): Promise<{ server: Server; url: string }> {
  const folder = isDurable ? await mkdtemp(join(tmpdir(), "deltawire-latency-")) : undefined;
  const server = createServer(folder === undefined ? {} : { data: level(folder) });
  const { url } = await server.listen({ port: 0 });
  closing.push(async () => {
    await server.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });
  return { server, url };
}

function open(url: string, options: Parameters<typeof connect>[1]): Wire {
  const wire = connect(url, options);
  closing.push(() => wire.close());
  return wire;
}

/** Writes what is typed, as a shell does. */
function echo(channel: Pick<Channel, "write" | "onCommand">): void {
  const output = channel.write("shell").bytes("output");
  channel.onCommand("input", (value) => {
    output.append(new TextEncoder().encode(String(value)));
  });
}

const shownBy = ({ state }: Pick<Channel, "state">): string => {
  const part = state.message("shell")?.part("output");
  return part?.kind === "bytes" ? new TextDecoder().decode(part.bytes) : "";
};

const ways = [
  { codec: "msgpack", transport: "websocket", isDurable: false },
  { codec: "json", transport: "websocket", isDurable: false },
  { codec: "msgpack", transport: "websocket", isDurable: true },
  { codec: "json", transport: "http", isDurable: false },
] as const;

describe.each(ways)("$codec over $transport, durable: $isDurable", ({ isDurable, ...way }) => {
  test.each(["in the server's process", "in a client"])(
    "no keystroke, echo or answer waits for a timer: written %s",
    async (where) => {
      const { server, url } = await serve(isDurable);
      const isLocal = where.includes("server");
      const writer = isLocal
        ? server.channel("terminal", { throttle: 0 })
        : open(url, { ...way, throttle: 0 }).channel("terminal");
      echo(writer);
      const reader = open(url, way).channel("terminal");
      const told: string[] = [];
      const observed: string[] = [];
      reader.subscribe(() => told.push(shownBy(reader)));
      reader.observe(() => observed.push(shownBy(reader)));
      await reader.command("input", "$ ");
      await vi.waitUntil(() => told.at(-1) === "$ ");

      // From here on time stands still: whatever waits for a timer waits for ever.
      vi.useFakeTimers({ toFake: ["setTimeout", "setInterval"] });
      const answered: string[] = [];
      for (const key of "ls -l") {
        const typed = `${shownBy(reader)}${key}`;
        void reader.command("input", key).then(() => answered.push(key));
        await until(() => told.at(-1) === typed && observed.at(-1) === typed);
      }
      await until(() => answered.length === "ls -l".length);
      expect(told.at(-1)).toBe("$ ls -l");
    },
  );
});

test("what is written in one turn is one frame, with throttle 0 too", async () => {
  const { server, url } = await serve(false);
  const channel = server.channel("terminal", { throttle: 0 });
  const output = channel.write("shell").bytes("output");
  const reader = open(url, {}).channel("terminal");
  let frames = 0;
  reader.subscribe(() => undefined);
  reader.observe(() => {
    frames += 1;
  });
  output.append(Uint8Array.of(36));
  await vi.waitUntil(() => shownBy(reader) === "$");
  frames = 0;
  for (const byte of [32, 108, 115]) output.append(Uint8Array.of(byte));
  await vi.waitUntil(() => shownBy(reader) === "$ ls");
  expect(frames).toBe(1);
});
