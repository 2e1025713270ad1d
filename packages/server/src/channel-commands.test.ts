import type { CommandFrame, CommandResultFrame } from "@deltawire/spec";
import { beforeEach, describe, expect, test } from "vitest";
import { type Asker, ChannelCommands, type Taker } from "./channel-commands.js";
import { CommandDesk } from "./engine/command-desk.js";
import type { CommandEntry } from "./engine/command-entry.js";
import { FakeClock } from "./testing/fake-clock.js";

/** The log's clock is ahead of this server's. */
const AHEAD = 1_000_000;

const command = (id: string, more: Partial<CommandFrame> = {}): CommandFrame => ({
  type: "command",
  channel: "c",
  id,
  name: "stop",
  ...more,
});

const done = (id: string): CommandResultFrame => ({
  type: "command_result",
  channel: "c",
  id,
  status: "done",
});

/** A server's commands, whose channel takes entries when it is told to. */
class Host {
  readonly clock = new FakeClock();
  readonly desk: CommandDesk = new CommandDesk("c");
  readonly entries: CommandEntry[] = [];
  readonly ended: (string | undefined)[] = [];
  readonly told: string[] = [];
  isKeeper = true;
  isSlow = false;
  readonly commands: ChannelCommands;

  constructor() {
    const { clock, desk, entries, ended } = this;
    const isKeeper = () => this.isKeeper;
    this.commands = new ChannelCommands("c", {
      clock,
      lease: 5,
      server: "here",
      desk,
      get isKeeper() {
        return isKeeper();
      },
      now: () => AHEAD + clock.now(),
      run: (entry) => {
        entries.push(entry);
        if (!this.isSlow) this.take();
      },
      onEnded: (code) => ended.push(code),
    });
  }

  take(): void {
    for (const entry of this.entries.splice(0)) this.apply(entry, true);
  }

  /** Something happens, here or at another server. */
  apply(entry: CommandEntry, isOwn = false): void {
    this.commands.carryOut(
      this.desk.apply(entry, () => undefined),
      isOwn,
    );
  }

  asker(name: string): Asker {
    return {
      onResult: ({ id, status, error }) =>
        void this.told.push(`${name}: ${id} ${error?.code ?? status}`),
    };
  }

  taker(name: string, token: number): Taker {
    return { token, onCommand: ({ id }) => void this.told.push(`${name} gets ${id}`) };
  }
}

let host: Host;
let x: Asker;

beforeEach(() => {
  host = new Host();
  x = host.asker("x");
});

describe("who asks", () => {
  test("is told what another server brings about, and does not count it", () => {
    host.commands.ask(x, "anna", command("1"));
    host.apply({ type: "taking", producer: "p", token: 1, server: "there" });
    const frame = { ...done("1"), by: "anna" };
    host.apply({ type: "answered", producer: "p", token: 1, server: "there", frame });
    expect(host.told).toEqual(["x: 1 accepted", "x: 1 done"]);
    expect(host.ended).toEqual([]);
    expect(host.commands.isIdle).toBe(true);
  });

  test("is told once that a command was accepted that somebody asked elsewhere meanwhile", () => {
    host.isSlow = true;
    host.commands.ask(x, "anna", command("1"));
    expect(host.commands.isIdle).toBe(false);
    host.apply({ type: "asked", by: "anna", frame: command("1"), now: AHEAD });
    host.take();
    expect(host.told).toEqual(["x: 1 accepted"]);
  });

  test("is told nothing once it is gone; others are", () => {
    host.isSlow = true;
    host.commands.ask(x, undefined, command("1"));
    host.commands.ask(host.asker("y"), undefined, command("1"));
    host.commands.forget(x);
    host.take();
    expect(host.told).toEqual(["y: 1 accepted"]);
  });

  test("is told by this server where the channel says nothing; the wait is a little longer", () => {
    host.isSlow = true;
    host.commands.ask(x, undefined, command("1", { timeout: 100 }));
    host.clock.advance(5099);
    expect(host.told).toEqual([]);
    host.clock.advance(1);
    expect(host.told).toEqual(["x: 1 timeout"]);
    host.entries.length = 0;
    expect(host.commands.isIdle).toBe(true);
    expect(host.clock.pending).toBe(0);
  });

  test("L35: is told at once that 256 wait here; what is gone makes room", () => {
    host.isSlow = true;
    for (let i = 0; i < 255; i++) host.commands.ask(x, undefined, command(`${i}`));
    const y = host.asker("y");
    host.commands.ask(y, undefined, command("y"));
    host.commands.ask(x, undefined, command("no"));
    expect(host.told).toEqual(["x: no overloaded"]);
    expect(host.ended).toEqual(["overloaded"]);
    host.commands.forget(y);
    host.commands.ask(x, undefined, command("yes"));
    expect(host.told).toHaveLength(1);
    expect(host.entries).toHaveLength(257);
  });
});

describe("who takes", () => {
  test("gets what is for its own attachment: not for another one of its name", () => {
    host.isSlow = true;
    host.commands.attach("p", host.taker("p", 2));
    for (const at of [
      { token: 1, server: "here" },
      { token: 2, server: "there" },
    ]) {
      host.apply({ type: "taking", producer: "p", ...at });
      host.apply({ type: "asked", frame: command(`${at.token}`), now: AHEAD });
    }
    expect(host.told).toEqual([]);
    host.take();
    expect(host.told).toEqual(["p gets 1", "p gets 2"]);
  });

  test("takes no more from another attachment when it goes late", () => {
    const taker = host.taker("p", 1);
    host.commands.attach("p", taker);
    host.apply({ type: "taking", producer: "p", token: 2, server: "there" });
    host.commands.resolve("p", taker, done("1"));
    host.commands.detach("p", taker);
    expect(host.desk.snapshot()).toMatchObject({ takers: [{ token: 2 }], away: [] });
  });
});

test("one that was taken for gone, and is there, takes as before", () => {
  host.commands.attach("p", host.taker("p", 1));
  host.desk.left("p", AHEAD + 5, () => undefined);
  host.commands.ask(x, undefined, command("1"));
  expect(host.told.splice(0)).toEqual(["x: 1 accepted"]);
  host.commands.retake("p");
  host.commands.retake("nobody");
  expect(host.told).toEqual(["p gets 1"]);
  expect(host.desk.snapshot().away).toEqual([]);
});

describe("time", () => {
  test("is said to have passed by the keeper, by the channel's clock", () => {
    host.commands.ask(x, undefined, command("1", { timeout: 100 }));
    host.clock.advance(100);
    expect(host.told).toEqual(["x: 1 accepted", "x: 1 timeout"]);
    expect(host.ended).toEqual(["timeout"]);
    expect(host.clock.pending).toBe(0);
  });

  test("is nothing that another server speaks of; until it is the keeper", () => {
    host.isKeeper = false;
    host.commands.ask(x, undefined, command("1", { timeout: 100 }));
    host.clock.advance(200);
    expect(host.told).toEqual(["x: 1 accepted"]);
    host.isKeeper = true;
    host.commands.schedule();
    host.clock.advance(1);
    expect(host.told).toEqual(["x: 1 accepted", "x: 1 timeout"]);
  });

  test("is said again each second while the channel does not take it", () => {
    host.commands.ask(x, undefined, command("1", { timeout: 100 }));
    host.isSlow = true;
    host.clock.advance(100);
    expect(host.entries).toHaveLength(1);
    host.clock.advance(999);
    expect(host.entries).toHaveLength(1);
    host.clock.advance(1);
    expect(host.entries).toHaveLength(2);
    host.take();
    expect(host.told).toEqual(["x: 1 accepted", "x: 1 timeout"]);
  });
});

test("a channel that has lost its commands is asked again, and has its takers", () => {
  host.isSlow = true;
  host.commands.attach("p", host.taker("p", 1));
  host.commands.ask(x, "anna", command("1"));
  host.entries.length = 0; // its log is lost
  host.clock.advance(7);
  host.commands.renew();
  host.take();
  expect(host.told).toEqual(["x: 1 accepted", "p gets 1"]);
  expect(host.desk.dueAt).toBe(AHEAD + 30_007);
});
