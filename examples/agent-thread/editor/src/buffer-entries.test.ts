import { type Channel, connect, type Message } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BufferEntries } from "./buffer-entries.js";

const server = createServer();
let channel: Channel;
let close: () => Promise<void>;

beforeAll(async () => {
  const { url } = await server.listen({ port: 0 });
  const wire = connect(url);
  channel = wire.channel("thread/t");
  close = () => wire.close();
});

afterAll(async () => {
  await close();
  await server.close();
});

const line = fc.string({ maxLength: 3, unit: fc.constantFrom("a", "b", "👍", "👎") });
const step = fc.oneof(
  fc.record({ at: fc.nat(), count: fc.nat(3), lines: fc.array(line, { maxLength: 3 }) }),
  fc.constantFrom("user" as const, "assistant" as const, "end" as const),
);

const placeOf = ({ id }: Message): number => Number(id.split("-").at(-1));

test("whatever is edited, the entries together are the buffer, and the server has each as it is", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      run += 1;
      const entries = new BufferEntries(channel, `run-${run}`);
      const buffer: string[] = [];
      for (const each of steps) {
        if (each === "end") for (const writer of entries.open) void writer.complete();
        else if (typeof each === "string") entries.begin(each);
        else {
          const first = each.at % (buffer.length + 1);
          const last = Math.min(buffer.length, first + each.count);
          buffer.splice(first, last - first, ...each.lines);
          if (buffer.length === 0) buffer.push(""); // as in Neovim
          entries.change(first, last, each.lines);
        }
        expect(entries.text).toBe(buffer.join("\n"));
      }
      await Promise.all(entries.open.map((writer) => writer.complete()));
      await channel.flush();
      // In the order of the buffer: an entry without any text begins with its first one.
      const held = [...server.channel("thread/t").state.messages]
        .filter(({ id }) => id.startsWith(`run-${run}-`))
        .sort((one, other) => placeOf(one) - placeOf(other));
      const texts = held.map(({ text }) => text.replaceAll("\n", ""));
      expect(texts.join("")).toBe(buffer.join(""));
    }),
    { numRuns: 40 },
  );
});
