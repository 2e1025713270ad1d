import type { Decoder } from "@deltawire/decoder";
import { ChannelState, type Message } from "@deltawire/protocol";
import { matcherOf } from "@deltawire/protocol/filter";
import type { Change, ChangesFrame, Filter, Frame, SUBPROTOCOLS } from "@deltawire/spec";
import { ChannelEngine } from "../engine/channel-engine.js";
import type { Entry } from "../engine/entry.js";
import { LEASE_TIMES } from "../engine/leases.js";
import { HostedChannel } from "../hosted-channel.js";
import type { Journal, JournalHost } from "../journal.js";
import { Statistics } from "../statistics.js";
import { FakeClock } from "./fake-clock.js";
import { type TestClient, TestServer } from "./pair.js";

/** The view that a filter is to show of a state. */
export function filtered(state: ChannelState, filter: Filter | undefined): ChannelState {
  if (!filter) return state;
  const { matches } = matcherOf(filter);
  return state.with({ messages: state.messages.filter((message: Message) => matches(message)) });
}

/** Everything of a state that travels, as text. */
export function textOf({ epoch, seq, attributes, closed, messages }: ChannelState): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  const plain = messages.map((message) => message.snapshot());
  return JSON.stringify([epoch, seq, attributes, closed, plain], sorted);
}

/** What one server has of the log that all of them share, and what it has not taken yet. */
class Follower {
  readonly server: TestServer;
  readonly engine: ChannelEngine;
  readonly hosted: HostedChannel;
  #tell: JournalHost | undefined;
  #waiting: Entry[] = [];

  constructor(clock: FakeClock, engine: ChannelEngine) {
    this.engine = engine;
    const now = () => clock.now();
    const statistics = new Statistics({ now, afterWrites: (run) => run() });
    const host = { clock, statistics, lease: LEASE_TIMES.lease, now, happened: () => undefined };
    this.hosted = new HostedChannel("c", host, (tell): Journal => {
      this.#tell = tell;
      const { engine } = this;
      const run = () => {
        throw new TypeError("nobody decides here");
      };
      return { engine, isCongested: false, isIdle: true, run, close: () => undefined };
    });
    this.server = new TestServer(clock);
    this.server.channels.set("c", this.hosted);
  }

  append(entries: readonly Entry[]): void {
    this.#waiting.push(...entries);
  }

  /** Takes some of what waits, as one. */
  take(count: number): void {
    const entries = this.#waiting.splice(0, count);
    for (const entry of entries) this.engine.take(entry);
    if (entries.length > 0) this.#tell?.committed(this.engine.drain(), false);
  }
}

/** One who follows the channel by a filter, at one server after the other. */
export class FilteredConsumer {
  readonly codec: keyof typeof SUBPROTOCOLS;
  readonly decoder: Decoder;
  readonly #check: (consumer: FilteredConsumer, frame: ChangesFrame | undefined) => void;
  client: TestClient | undefined;

  constructor(
    codec: keyof typeof SUBPROTOCOLS,
    decoder: Decoder,
    check: (consumer: FilteredConsumer, frame: ChangesFrame | undefined) => void,
  ) {
    this.codec = codec;
    this.decoder = decoder;
    this.#check = check;
  }

  get filter(): Filter | undefined {
    return this.decoder.wanted.filter;
  }

  /** Its connection is gone. */
  cut(): void {
    this.client?.session.end();
    this.client = undefined;
    this.decoder.leave();
  }

  connect(server: TestServer): void {
    this.cut();
    this.client = server.connect(this.codec, ["deflate"]);
    this.client.down.hold(); // until it is looked at
    const reader = this.client.follow("c", this.decoder);
    const receive = reader.receive.bind(reader);
    reader.receive = (frame: Frame) => {
      const { seq, epoch } = this.decoder.replica ?? {};
      receive(frame);
      const replica = this.decoder.replica;
      const isNew = replica !== undefined && (replica.seq !== seq || replica.epoch !== epoch);
      if (isNew) this.#check(this, frame.type === "changes" ? frame : undefined);
    };
    this.client.down.release();
  }

  /** Wants other messages from now on. */
  want(filter: Filter | undefined): void {
    const frame = this.decoder.want(filter);
    this.client?.send(frame);
  }
}

/** Servers of one channel, whose log they share, each as far behind as a test lets it be. */
export class FilteredNetwork {
  readonly clock: FakeClock = new FakeClock();
  /** The channel at each version. */
  readonly states: Map<number, ChannelState> = new Map();
  readonly #followers: Follower[] = [];
  readonly #entries: { readonly seq: number; readonly entries: readonly Entry[] }[] = [];
  #authority: ChannelEngine = new ChannelEngine("c", "e", LEASE_TIMES);

  constructor(servers: number) {
    this.states.set(0, ChannelState.of("e"));
    for (let i = 0; i < servers; i++) this.restart(i);
  }

  get state(): ChannelState {
    return this.#authority.state;
  }

  server(at: number): TestServer {
    return this.#follower(at).server;
  }

  hosted(at: number): HostedChannel {
    return this.#follower(at).hosted;
  }

  #follower(at: number): Follower {
    const follower = this.#followers[at % this.#followers.length];
    if (!follower) throw new TypeError("there is no server");
    return follower;
  }

  /** The channel goes on by one version; servers do when they take it. */
  write(changes: readonly Change[]): void {
    const { seq } = this.state;
    const draft = this.#authority.draft();
    draft.change(changes);
    const entries = [...draft.entries];
    draft.settle();
    draft.drain();
    this.#authority = draft;
    this.states.set(this.state.seq, this.state);
    this.#entries.push({ seq, entries });
    for (const follower of this.#followers) follower.append(entries);
  }

  take(at: number, count: number): void {
    this.#follower(at).take(count);
  }

  /** Another one takes a server's place: it knows the log, from a while ago on, and no consumer. */
  restart(at: number, known = 0): void {
    const engine = ChannelEngine.restore("c", this.#authority.snapshot(), LEASE_TIMES);
    const recalled = known > 0 ? this.#entries.slice(-known) : [];
    const [first] = recalled;
    if (first) {
      const entries = recalled.flatMap(({ entries }) => entries);
      engine.recall(first.seq, entries);
    }
    this.#followers[at]?.hosted.close();
    this.#followers[at] = new Follower(this.clock, engine);
  }
}
