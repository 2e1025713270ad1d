import type { Frame } from "@deltawire/spec";
import { Access, type AccessOptions, type AccessRequest, type Principal } from "../access.js";
import { type Quotas, RateLimits } from "../rate-limit.js";
import { TestClient, TestServer } from "./pair.js";

export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const LIMITS: Quotas = {
  connections: 100,
  connectionsPerPrincipal: 2,
  framesPerSecond: 20,
  bytesPerSecond: 10_000,
};

/** A server that asks, and what it was asked. Tokens are names, with what is behind a slash. */
export class AskingServer {
  readonly server: TestServer = new TestServer();
  readonly asked: string[] = [];
  allowed: (request: AccessRequest) => boolean = () => true;
  /** Milliseconds from now for which a token is good. */
  lifetime: number | undefined;

  constructor(options: Partial<AccessOptions> = {}) {
    const { clock } = this.server;
    const access = new Access({
      authenticate: async ({ token }) => this.#principal(token),
      authorize: async (request) => {
        this.asked.push(`${request.principal.id} ${request.action} ${request.channel}`);
        return this.allowed(request);
      },
      clock,
      report: (defect) => this.server.defects.push(defect),
      time: () => clock.now(),
      ...options,
    });
    this.server.access = access;
    this.server.limits = new RateLimits(LIMITS);
  }

  #principal(token: string | undefined): Principal | undefined {
    const [id, role] = (token ?? "").split("/");
    if (!id || id === "nobody") return undefined;
    return {
      id,
      ...(role === "observer" && { role }),
      ...(this.lifetime !== undefined && { expiresAt: this.server.clock.now() + this.lifetime }),
    };
  }

  async connect(token?: string): Promise<TestClient> {
    const client = new TestClient(this.server, "json");
    client.send({ type: "hello", version: 1, ...(token !== undefined && { token }) });
    await settle();
    return client;
  }
}

/** Everything that comes of some frames. */
export async function exchange(client: TestClient, ...frames: Frame[]): Promise<Frame[]> {
  client.take();
  client.send(...frames);
  await settle();
  return client.take();
}
