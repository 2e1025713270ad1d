import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { alive, DemoProcess, QUICK } from "./demo-process.js";

// How `deltawire demo` with its page begins, and how it ends.

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });

let demo: DemoProcess;
afterEach(() => demo.end());

describe("the command", () => {
  test.each([
    ["SIGTERM", 0],
    ["SIGINT", 0],
    ["SIGHUP", 0],
  ] as const)("%s while the page stays leaves no process and no folder", async (signal, code) => {
    demo = await DemoProcess.start(...QUICK);
    await demo.said("until Ctrl-C");
    expect((await demo.post("control/turn", { rate: 50 })).status).toBe(200);
    await demo.post("control/viewers/a", { network: "stalled" });
    const processes = demo.processes();
    expect(processes.length).toBeGreaterThanOrEqual(3);
    demo.child.kill(signal);
    expect(await demo.exited).toBe(code);
    expect(alive(processes)).toEqual([]);
    expect(await demo.leftovers()).toEqual([]);
  });

  test("a terminal's Ctrl-C, told to each process and handed on too, ends it as well", async () => {
    demo = await DemoProcess.start("--port", "0", "--rate", "50");
    await until(() => expect(demo.processes().length).toBeGreaterThanOrEqual(6));
    await demo.said("tokens: text");
    const processes = demo.processes();
    for (const { pid } of processes) process.kill(pid, "SIGINT");
    demo.child.kill("SIGINT");
    expect(await demo.exited).toBe(130); // in the midst of the measured run
    expect(alive(processes)).toEqual([]);
    expect(await demo.leftovers()).toEqual([]);
    expect(demo.output).not.toContain("ended early");
  });

  test("killed without a word it leaves no process", async () => {
    demo = await DemoProcess.start(...QUICK);
    const processes = demo.processes();
    demo.child.kill("SIGKILL");
    await demo.exited;
    await until(() => expect(alive(processes)).toEqual([]));
  });

  test("a server that does not stay alive ends it, with a word", async () => {
    demo = await DemoProcess.start(...QUICK);
    await demo.said("until Ctrl-C");
    const all = demo.processes();
    for (let deaths = 0; deaths < 4; deaths++) {
      await until(async () => expect((await demo.report()).server).toMatchObject({ is: "up" }));
      for (const { pid, command } of demo.processes()) {
        if (command.includes("demo:page-server")) process.kill(pid, "SIGKILL");
      }
      if (deaths === 3) break;
      const restarts = deaths + 1;
      await until(async () => expect((await demo.report()).server).toEqual({ is: "up", restarts }));
    }
    expect(await demo.exited).toBe(2);
    expect(demo.output).toContain("the server has ended 4 times");
    expect(alive(all)).toEqual([]);
    expect(await demo.leftovers()).toEqual([]);
  });

  test("--no-page is stopped as cleanly", async () => {
    demo = await DemoProcess.start("--no-page", "--rate", "50");
    const processes = demo.processes();
    expect(demo.output).toMatch(/^\d+\/\d+ tokens/);
    demo.child.kill("SIGTERM");
    expect(await demo.exited).toBe(143);
    expect(alive(processes)).toEqual([]);
    expect(await demo.leftovers()).toEqual([]);
  });

  test("a port that is taken is no obstacle", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    demo = await DemoProcess.start("--port", String(port), "--rate", "100000");
    expect(demo.output).toContain(`(port ${port} is in use)\n`);
    expect(new URL(demo.url).port).not.toBe(String(port));
    expect((await fetch(demo.url)).status).toBe(200);
    taken.close();
  });

  test.each([
    [["--port", "1.5"], "--port 1.5"],
    [["--port", "70000"], "--port 70000"],
    [["--no-page", "--port", "1"], "--port is the page's"],
    [["--json", "--port", "1"], "--port is the page's"],
    [["--input", "/nowhere.md"], "nowhere.md"],
  ])("%j is told in one line", async (args, what) => {
    demo = await DemoProcess.start(...args);
    expect(await demo.exited).toBe(2);
    expect(demo.output).toMatch(/^deltawire: .*\n$/);
    expect(demo.output).toContain(what);
  });
});
