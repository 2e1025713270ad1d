import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandDesk } from "./command-desk.js";
import type { CommandEntry, DeskSnapshot } from "./command-entry.js";

const command = (id: string): CommandFrame => ({ type: "command", channel: "c", id, name: "stop" });

const result = (id: string, by: string): CommandResultFrame => ({
  type: "command_result",
  channel: "c",
  id,
  status: "done",
  by,
});

describe("several servers", () => {
  const id = fc.constantFrom("1", "2", "3");
  const by = fc.constantFrom("anna", "ben");
  const producer = fc.constantFrom("p", "q");
  const token = fc.nat(3);
  const server = fc.constantFrom("a", "b");
  const time = fc.nat(60_000);
  const text = fc.constantFrom("m", "n");
  const type = <Type extends CommandEntry["type"]>(name: Type) => fc.constant(name);
  const entry: fc.Arbitrary<CommandEntry> = fc.oneof(
    fc.record(
      {
        type: type("asked"),
        by,
        frame: fc.tuple(id, fc.option(text)).map(([name, message]) => ({
          ...command(name),
          ...(message !== null && { message }),
        })),
        now: time,
      },
      { requiredKeys: ["type", "frame", "now"] },
    ),
    fc.record({ type: type("taking"), producer, token, server }),
    fc.record({ type: type("away"), producer, token, server, until: time }),
    fc.record({
      type: type("answered"),
      producer,
      token,
      server,
      frame: fc.tuple(id, by).map(([name, who]) => result(name, who)),
    }),
    fc.record({ type: type("expired"), now: time }),
  );
  const entries = fc.array(entry, { maxLength: 40, size: "max" });
  const ownerOf = (message: string) => (message === "m" ? "p" : undefined);
  const take = (desk: CommandDesk, list: readonly CommandEntry[]) =>
    list.flatMap((each) => [...desk.apply(each, ownerOf), ...desk.offer(ownerOf)]);

  test("that take the same entries know the same and send the same, from a snapshot on too", () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const [one, other] = [new CommandDesk("c"), new CommandDesk("c")];
        expect(take(one, first)).toEqual(take(other, first));
        expect(one.snapshot()).toEqual(other.snapshot());
        const stored: DeskSnapshot = structuredClone(one.snapshot());
        const restored = CommandDesk.restore("c", stored);
        expect(restored.snapshot()).toEqual(stored);
        expect(restored.dueAt).toBe(one.dueAt);
        expect(take(restored, second)).toEqual(take(one, second));
        expect(restored.snapshot()).toEqual(one.snapshot());
      }),
      { numRuns: 300 },
    );
  });

  test("try things out: neither a fork nor what it was made of changes the other", () => {
    fc.assert(
      fc.property(entries, entries, entries, (first, second, third) => {
        const desk = new CommandDesk("c");
        take(desk, first);
        const before = desk.snapshot();
        const fork = desk.fork();
        take(fork, second);
        expect(desk.snapshot()).toEqual(before);
        const after = fork.snapshot();
        take(desk, third);
        expect(fork.snapshot()).toEqual(after);
        expect(fork.dueAt).toBe(CommandDesk.restore("c", after).dueAt);
      }),
      { numRuns: 300 },
    );
  });

  test("need no entry for what is no news: it changes nothing", () => {
    fc.assert(
      fc.property(entries, entry, (list, next) => {
        const desk = new CommandDesk("c");
        take(desk, list);
        const before = desk.snapshot();
        const isNews = desk.isNews(next);
        desk.apply(next, ownerOf);
        // The same attachment takes again: it may be told again what it has.
        if (!isNews) expect(desk.snapshot()).toEqual(before);
        else if (next.type !== "taking") expect(desk.snapshot()).not.toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});
