import { type ChannelRule, ChannelRules, type LoadContext } from "../channel-rules.js";
import type { DemandReport } from "../demand-statistics.js";
import type { HostedChannel } from "../hosted-channel.js";
import { HostedChannels } from "../hosted-channels.js";
import type { ServerChannel } from "../server-channel.js";
import { Statistics } from "../statistics.js";
import { FakeClock } from "./fake-clock.js";
import { TestConsumer } from "./test-consumer.js";

/** A run of a loader, which ends when a test says so. */
export interface Run extends LoadContext {
  readonly channel: ServerChannel;
  resolve(): void;
  reject(error: unknown): void;
}

/** A server whose channels `feed/*` are made on demand, under a fake clock. */
export class DemandingServer {
  readonly clock: FakeClock = new FakeClock();
  readonly statistics: Statistics;
  readonly channels: HostedChannels;
  readonly runs: Run[] = [];
  readonly defects: unknown[] = [];

  /** @param bound how many channels it has at most */
  constructor(
    rule: ChannelRule = {},
    bound = 100,
    others: Readonly<Record<string, ChannelRule>> = {},
  ) {
    const { clock } = this;
    const now = () => clock.now();
    this.statistics = new Statistics({ now, afterWrites: (run) => run() });
    const load = (channel: ServerChannel, context: LoadContext) =>
      new Promise<void>((resolve, reject) =>
        this.runs.push({ channel, ...context, resolve, reject }),
      );
    const host = {
      clock,
      statistics: this.statistics,
      times: { lease: 15_000, lost: 600_000 },
      rules: new ChannelRules({ "feed/*": { load, ...rule }, ...others }),
      listeners: [],
      report: (defect: unknown) => this.defects.push(defect),
    };
    this.channels = new HostedChannels(host, bound);
  }

  /** The latest run, or one of them. */
  run(at: number = -1): Run {
    const found = this.runs.at(at);
    if (!found) throw new Error("no loader has run");
    return found;
  }

  /** Time passes; what was promised happens, and what is due at once. */
  async settle(milliseconds: number = 0): Promise<void> {
    this.clock.advance(milliseconds);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    this.clock.advance(0);
  }

  get counts(): Omit<DemandReport, "reuse" | "first" | "time"> {
    const {
      reuse: _reuse,
      first: _first,
      time: _time,
      ...rest
    } = this.statistics.report(this.channels.gauges()).on_demand;
    return rest;
  }

  /** Opens a channel and reads it: has it made, if it is not. */
  async begin(
    name = "feed/ann",
  ): Promise<{ readonly hosted: HostedChannel; readonly reader: TestConsumer }> {
    const hosted = this.channels.open(name);
    const reader = new TestConsumer(hosted);
    await this.settle();
    return { hosted, reader };
  }

  /** The same, and it is made; the reader is still there. */
  async make(
    name = "feed/ann",
    text = "hello",
  ): Promise<{ readonly hosted: HostedChannel; readonly reader: TestConsumer }> {
    const begun = await this.begin(name);
    this.run().channel.write("m").append(text);
    this.run().resolve();
    await this.settle();
    return begun;
  }
}
