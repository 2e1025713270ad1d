import { Decoder } from "@deltawire/decoder";
import { apply, ChannelState } from "@deltawire/protocol";
import { type Frame, parseFrame } from "@deltawire/spec";
import { encodeFrame } from "./event-stream.js";
import { TestEvents } from "./testing/http-server.js";
import { RawClient } from "./testing/raw-client.js";
import {
  type ContractReader,
  type ContractTransport,
  transportContract,
} from "./testing/transport-contract.js";

/** A decoder, and who waits for it. */
class Replica {
  readonly decoder: Decoder;
  #wake: () => void = () => undefined;

  constructor(channel: string) {
    this.decoder = new Decoder(channel);
  }

  receive(frame: Frame): void {
    switch (frame.type) {
      case "subscribed":
      case "snapshot":
      case "changes":
      case "checkpoint": {
        const outcome = this.decoder.receive(frame);
        if (outcome.type === "repair" || outcome.type === "failed") {
          throw new Error(`nothing was lost: ${JSON.stringify(frame).slice(0, 200)}`);
        }
        this.#wake();
        return;
      }
      default: // not a consumer's
    }
  }

  /** The version that it has, as a query. */
  get since(): string {
    const { state } = this.decoder;
    return state ? `since=${encodeURIComponent(state.epoch)}:${state.seq}` : "";
  }

  async until(seq: number): Promise<ChannelState> {
    for (;;) {
      const { state } = this.decoder;
      if (state && state.seq >= seq) return state;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function webSocket(codec: "json" | "msgpack"): ContractTransport {
  const shadows = new Map<string, ChannelState>();
  const open = (url: string) => RawClient.open(url.replace("http", "ws"), codec);
  return {
    async write(url, channel, frames) {
      const client = await open(url);
      client.send({ type: "produce", channel, producer: "p" });
      await client.next("producing");
      const key = `${url} ${channel}`;
      let state = shadows.get(key) ?? ChannelState.of("");
      for (const [i, frame] of frames.entries()) {
        const next = { ...frame, channel };
        state = apply(state, next);
        // The codec of a new connection knows nothing of what is there.
        const messages = client.codec.encode(next, i === 0 ? state : undefined);
        for (const message of messages) client.socket.send(message);
      }
      shadows.set(key, state);
      const last = frames.at(-1)?.to ?? 0;
      while ((await client.next("ack")).seq < last);
      client.socket.close();
      await client.closed;
    },
    async read(url, channel): Promise<ContractReader> {
      const replica = new Replica(channel);
      const connect = async () => {
        const opened = await open(url);
        const { decode } = opened.codec;
        opened.codec.decode = (message) => {
          const frame = decode.call(opened.codec, message);
          if (frame) replica.receive(frame);
          return frame;
        };
        opened.send(replica.decoder.join());
        return opened;
      };
      let client = await connect();
      const close = async () => {
        client.socket.close();
        await client.closed;
      };
      return {
        close,
        until: (seq) => replica.until(seq),
        async reconnect() {
          await close();
          client = await connect();
        },
      };
    },
  };
}

const pathOf = (url: string, channel: string) => `${url}/channels/${encodeURIComponent(channel)}`;

const write: ContractTransport["write"] = async (url, channel, frames) => {
  const stated = frames.map((frame) => encodeFrame({ ...frame, channel })).join(",");
  const produce = '{"type":"produce","producer":"p"}';
  const answer = await fetch(pathOf(url, channel), {
    method: "POST",
    body: `{"frames":[${produce},${stated}]}`,
  });
  const { frames: answers }: { frames: Frame[] } = await answer.json();
  const last = frames.at(-1)?.to;
  if (!answers.some((frame) => frame.type === "ack" && frame.seq === last)) {
    throw new Error(JSON.stringify(answers));
  }
};

const events: ContractTransport = {
  write,
  async read(url, channel) {
    const replica = new Replica(channel);
    let stream: TestEvents;
    const connect = async () => {
      const { request } = replica.decoder.join();
      const path = `${pathOf(url, channel)}/events?request=${request}&${replica.since}`;
      const opened = new TestEvents(await fetch(path));
      stream = opened;
      void (async () => {
        for (let next = await opened.next(); next; next = await opened.next()) {
          if (next.type === "message") replica.receive(parseFrame(JSON.parse(next.data), "base64"));
        }
      })();
    };
    await connect();
    return {
      close: () => stream.cancel(),
      until: (seq) => replica.until(seq),
      async reconnect() {
        await stream.cancel();
        await connect();
      },
    };
  },
};

const polling: ContractTransport = {
  write,
  async read(url, channel) {
    const replica = new Replica(channel);
    let gone = new AbortController();
    const poll = async () => {
      const { signal } = gone;
      while (!signal.aborted) {
        const { request } = replica.decoder.join();
        const path = `${pathOf(url, channel)}?wait=20000&${replica.since}`;
        const answer = await fetch(path, { signal }).catch(() => undefined);
        if (answer?.status !== 200) continue;
        replica.receive(parseFrame({ ...(await answer.json()), request }, "base64"));
      }
    };
    void poll();
    return {
      close: async () => gone.abort(),
      until: (seq) => replica.until(seq),
      async reconnect() {
        gone.abort();
        gone = new AbortController();
        void poll();
      },
    };
  },
};

transportContract("WebSocket, MessagePack", webSocket("msgpack"));
transportContract("WebSocket, JSON", webSocket("json"));
transportContract("server-sent events and POST", events);
transportContract("long polling and POST", polling);
