import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refusal, refuse } from "./answer.js";
import type { LineReport, PageReport } from "./report.js";
import { ReportStream } from "./report-stream.js";

let server: Server;
let url: string;
let report: PageReport;
let stream: ReportStream;
let asked: number;

const line = (name: string): LineReport => {
  const counts = { down: 0, up: 0, frames: 0, connections: 0, open: 0, joinBytes: 0 };
  return { name, network: "live", ...counts };
};

beforeEach(async () => {
  report = {
    ...{ at: 1, server: { is: "up", restarts: 0 }, network: "live" },
    ...{ editor: line("editor"), visitor: line("visitor"), viewers: [] },
  };
  asked = 0;
  stream = new ReportStream(() => {
    asked += 1;
    return report;
  });
  server = createServer((_request, response) => {
    try {
      stream.open(response);
    } catch (error) {
      if (error instanceof Refusal) refuse(response, error);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  stream.close();
  server.closeAllConnections();
  server.close();
});

/** Reads what comes into an array of reports. */
async function read(from: Response, into: PageReport[]): Promise<void> {
  let text = "";
  for await (const chunk of from.body ?? []) {
    text += Buffer.from(chunk).toString();
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, data] = /^event: report\ndata: (.*)$/.exec(event) ?? [];
      if (data) into.push(JSON.parse(data));
    }
  }
}

describe("ReportStream", () => {
  it("tells at once, and then what has changed, whole", async () => {
    const seen: PageReport[] = [];
    const done = read(await fetch(url), seen);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
    report = { ...report, at: 2, network: "slow", viewers: [line("a")] };
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(report));
    const count = seen.length;
    report = { ...report, at: 3 }; // no news
    const before = asked;
    await vi.waitFor(() => expect(asked).toBeGreaterThan(before + 3));
    expect(seen).toHaveLength(count);
    stream.close();
    await done;
  });

  it("looks at most every 100 ms, and not at all while nobody listens", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const controller = new AbortController();
      const responses = await Promise.all([fetch(url, controller), fetch(url, controller)]);
      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
      expect(asked).toBe(2);
      vi.advanceTimersByTime(1000);
      expect(asked).toBe(2 + 10);
      controller.abort();
      await vi.waitFor(() => {
        const before = asked;
        vi.advanceTimersByTime(1000);
        expect(asked).toBe(before);
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it("serves 32 at a time", async () => {
    const controller = new AbortController();
    const open = await Promise.all(Array.from({ length: 32 }, () => fetch(url, controller)));
    expect(open.every(({ ok }) => ok)).toBe(true);
    const refused = await fetch(url);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: "too_many" } });
    controller.abort();
    await vi.waitFor(async () => {
      const again = await fetch(url);
      await again.body?.cancel();
      expect(again.status).toBe(200);
    });
  });
});
