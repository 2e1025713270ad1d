import { type PostgresStore, postgresStore } from "@deltawire/postgres";
import type { FoundPart } from "../real/part.js";
import type { PostgresServer } from "../real/postgres.js";
import { Balancer } from "./balancer.js";
import { freePort } from "./free-port.js";
import { type RedisKind, type RedisService, startService } from "./redis.js";
import type { Passed, Point, ServerNote, ServerRequest, ServerSettings } from "./requests.js";
import { Role } from "./role.js";

/** The real parts that a run needs. */
export interface Parts {
  readonly redis: FoundPart;
  readonly postgres: PostgresServer;
  /** Whether servers' warnings go to stderr. @default false */
  readonly isLogging?: boolean;
}

/** A call of `message_completed`, as a server told it. */
export type HookCall = ServerNote & { readonly type: "hook" };

/** A server's process, and the one that comes after it on the same port. */
export class Served {
  readonly #settings: ServerSettings;
  readonly #onHook: (call: HookCall) => void;
  #role: Role<ServerRequest> | undefined;
  #diedAt: number | undefined;
  isListening = false;

  constructor(settings: ServerSettings, onHook: (call: HookCall) => void) {
    this.#settings = settings;
    this.#onHook = onHook;
  }

  get port(): number {
    return this.#settings.port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/wire`;
  }

  /** Resolves once the process that is there now is gone, with the time at which it died. */
  async exited(): Promise<number> {
    const at = await this.#role?.exited;
    return this.#diedAt ?? at ?? Date.now();
  }

  /** Starts a process, and resolves once it listens. @param point where it is to die */
  async start(point?: Point): Promise<void> {
    this.#diedAt = undefined;
    await new Promise<void>((listening, failed) => {
      const role: Role<ServerRequest> = new Role(
        "./server.ts",
        { ...this.#settings, point },
        (said) => {
          const note = said as ServerNote; // what the role tells
          if (note.type === "hook") this.#onHook(note);
          else {
            this.isListening = true;
            listening();
          }
        },
      );
      this.#role = role;
      role.exited
        .then(() => {
          if (this.#role === role) this.isListening = false;
          failed(new Error("the server's process has ended"));
        })
        .catch(() => undefined);
    });
  }

  /** It dies at a point of its work. @returns where it has been so far */
  async arm(point?: Point): Promise<Passed> {
    return (await this.#role?.ask<Passed>({ point })) ?? {};
  }

  async kill(): Promise<void> {
    await this.#role?.kill();
  }
}

/** Two servers on one Redis and one PostgreSQL, and a balancer before them. */
export class Deployment {
  readonly redis: RedisService;
  readonly postgres: PostgresServer;
  readonly store: PostgresStore;
  readonly balancer: Balancer;
  readonly servers: readonly Served[];
  /** Calls of hooks, by their keys. */
  readonly hooks: Map<string, HookCall[]>;

  private constructor(
    parts: Pick<Deployment, "redis" | "postgres" | "store" | "balancer" | "servers" | "hooks">,
  ) {
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.store = parts.store;
    this.balancer = parts.balancer;
    this.servers = parts.servers;
    this.hooks = parts.hooks;
  }

  static async start(parts: Parts, kind: RedisKind): Promise<Deployment> {
    const hooks = new Map<string, HookCall[]>();
    const redis = await startService(kind, parts.redis);
    const { postgres, isLogging = false } = parts;
    const servers: Served[] = [];
    for (const _ of ["first", "second"]) {
      const settings: ServerSettings = {
        port: await freePort(),
        redis: redis.place,
        postgres: postgres.url,
        isLogging,
      };
      servers.push(
        new Served(settings, (call) => {
          hooks.set(call.key, [...(hooks.get(call.key) ?? []), call]);
        }),
      );
    }
    const balancer = await Balancer.start(() =>
      servers.filter(({ isListening }) => isListening).map(({ port }) => port),
    );
    const store = postgresStore(postgres.url);
    const deployment = new Deployment({ redis, postgres, store, balancer, servers, hooks });
    try {
      await store.migrate();
      await Promise.all(servers.map((server) => server.start()));
    } catch (error) {
      await deployment.stop();
      throw error;
    }
    return deployment;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await Promise.all([this.balancer.close(), this.store.close()]);
    await this.redis.stop();
  }
}
