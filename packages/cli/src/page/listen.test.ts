import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { listenNear } from "./listen.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function make(): Server {
  const server = createServer();
  servers.push(server);
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

describe("listenNear", () => {
  it("takes a free port where any will do", async () => {
    const server = make();
    await listenNear(server, 0);
    expect(portOf(server)).toBeGreaterThan(0);
    expect((server.address() as AddressInfo).address).toBe("127.0.0.1");
  });

  it("takes the next one that is free where the first is in use", async () => {
    const taken = make();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    const server = make();
    await listenNear(server, portOf(taken));
    expect(portOf(server) - portOf(taken)).toBeGreaterThan(0);
    expect(portOf(server) - portOf(taken)).toBeLessThanOrEqual(20);
  });

  it("says what is wrong with a port that is not to be had", async () => {
    const taken = make();
    const last = 65_535;
    taken.listen(last, "127.0.0.1");
    await once(taken, "listening");
    await expect(listenNear(make(), last)).rejects.toMatchObject({
      message: expect.stringMatching(/^--port 65535: .*; name another one$/),
      cause: { code: "EADDRINUSE" },
    });
  });
});
