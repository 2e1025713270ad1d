import { once } from "node:events";
import { type Channel, type ChannelState, connect, type Wire } from "@deltawire/client";
import { createServer, type Server } from "@deltawire/server";
import { expect, type Mock, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { takeOldEditor } from "../adapter.js";

type Fields = Readonly<Record<string, string>>;

/** A server in memory, and a socket beside it for editors of the old protocol. */
export class OldWorld {
  /** What the adapter has said of what makes no sense. */
  readonly warn: Mock<(what: unknown) => void> = vi.fn();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  readonly #taken = new Set<Promise<void>>();
  readonly #wires: Wire[] = [];
  #url = "";
  #threads = 0;

  /** @param lease milliseconds after which a producer that is gone is taken for interrupted */
  constructor(lease?: number) {
    this.#server = createServer({ limits: { ...(lease !== undefined && { lease }) } });
  }

  async open(): Promise<void> {
    ({ url: this.#url } = await this.#server.listen({ port: 0 }));
    this.#sockets.on("connection", (socket) => {
      const gone = takeOldEditor(socket, this.#url, this.warn).finally(() => {
        this.#taken.delete(gone);
      });
      this.#taken.add(gone);
    });
  }

  /** Everybody leaves. */
  async empty(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.close();
    await Promise.all([...this.#taken, ...this.#wires.splice(0).map((wire) => wire.close())]);
    this.warn.mockClear();
  }

  async close(): Promise<void> {
    await this.#server.close();
    await new Promise((closed) => this.#sockets.close(closed));
  }

  /** An editor of a thread, by default of a new one. */
  editor(thread = `thread-${++this.#threads}`): OldEditor {
    const wire = connect(this.#url);
    this.#wires.push(wire);
    return new OldEditor(thread, wire.channel(`thread/${thread}`), () => this.#connect());
  }

  async #connect(): Promise<Connection> {
    const { port } = this.#sockets.address() as { port: number }; // of TCP
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await Promise.all([once(socket, "open"), once(this.#sockets, "connection")]);
    return { socket, gone: [...this.#taken].at(-1) };
  }
}

interface Connection {
  readonly socket: WebSocket;
  /** The adapter is done with it. */
  readonly gone: Promise<void> | undefined;
}

/** An editor's end of the old protocol, and what a page shows meanwhile. */
export class OldEditor {
  readonly thread: string;
  readonly page: Channel;
  readonly prompts: Fields[] = [];
  readonly #open: () => Promise<Connection>;
  #connection: Connection | undefined;

  constructor(thread: string, page: Channel, open: () => Promise<Connection>) {
    this.thread = thread;
    this.page = page;
    this.#open = open;
    page.subscribe(() => undefined);
  }

  async connect(): Promise<this> {
    this.#connection = await this.#open();
    this.#connection.socket.on("message", (raw) => {
      const { type, data } = JSON.parse(String(raw));
      if (type === "chat_message") this.prompts.push(data);
    });
    return this;
  }

  /** Resolves when everything that it said is with the server. */
  async disconnect(): Promise<void> {
    this.#connection?.socket.close();
    await this.#connection?.gone;
  }

  say(event_type: string, data: Fields): void {
    this.sayRaw(JSON.stringify({ event_type, data: { acp_thread_id: this.thread, ...data } }));
  }

  sayRaw(text: string): void {
    this.#connection?.socket.send(text);
  }

  added(message_id: string, content: string, fields: Fields = {}): void {
    this.say("message_added", { message_id, role: "assistant", content, ...fields });
  }

  completed(): void {
    this.say("message_completed", { message_id: "0" });
  }

  /** Waits until the page shows this: `id role text status` of each entry. */
  async shows(...lines: string[]): Promise<ChannelState> {
    await expect
      .poll(() => shown(this.page.state), { interval: 5, timeout: 10_000 })
      .toEqual(lines);
    return this.page.state;
  }

  /** Waits until the page shows that nothing is going on. */
  async isIdle(): Promise<void> {
    const status = () => this.page.state.attributes.status;
    await expect.poll(status, { interval: 5, timeout: 10_000 }).toBe("idle");
  }
}

const shown = ({ messages }: ChannelState): string[] =>
  messages.map(({ id, role, text, status }) => `${id} ${role} ${text} ${status}`);
