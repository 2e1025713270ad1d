import type { MetricValueWithName } from "prom-client";
import type { Gauges } from "./gauges.js";
import type { Histogram } from "./histogram.js";
import type { Statistics, StatisticsReport } from "./statistics.js";

/** A metric in the text format of Prometheus, and where its values are in a report. */
interface Source {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** The name of the label whose values are the names of what is counted. */
  readonly label?: string;
  readonly read: (report: StatisticsReport) => number | Readonly<Record<string, number>>;
}

const counter = (name: string, help: string, read: Source["read"], label?: string): Source => ({
  name: `deltawire_${name}_total`,
  help,
  kind: "counter",
  read,
  ...(label && { label }),
});

const gauge = (name: string, help: string, read: Source["read"]): Source => ({
  name: `deltawire_${name}`,
  help,
  kind: "gauge",
  read,
});

/** Labels that OpenTelemetry's conventions have: `network.io.direction`, `error.type`. */
const DIRECTION = "network_io_direction";
const ERROR = "error_type";

const SOURCES: readonly Source[] = [
  gauge("connections", "Connections that are open.", ({ connections }) => connections.open),
  gauge(
    "subscriptions",
    "Channels that connections follow.",
    ({ subscriptions }) => subscriptions.open,
  ),
  gauge("channels", "Channels in memory.", ({ channels }) => channels),
  gauge(
    "filtered_subscriptions",
    "Channels that connections follow by a filter.",
    ({ subscriptions }) => subscriptions.filtered.open,
  ),
  gauge(
    "filters",
    "Different filters that channels are followed by.",
    ({ subscriptions }) => subscriptions.filtered.filters,
  ),
  gauge(
    "consumers_behind",
    "Consumers that do not read as fast as their channel grows.",
    (report) => report.subscriptions.behind.consumers,
  ),
  gauge(
    "versions_behind",
    "Versions that the slowest consumer lacks.",
    (report) => report.subscriptions.behind.versions,
  ),
  counter(
    "connections_opened",
    "Connections that were accepted.",
    ({ connections }) => connections.opened,
  ),
  counter(
    "connections_closed",
    "Connections that have ended, by close code.",
    ({ connections }) => connections.closed,
    "code",
  ),
  counter("joins", "Subscriptions without a version.", ({ subscriptions }) => subscriptions.joined),
  counter(
    "resumes",
    "Subscriptions with a version, by what they were answered with.",
    ({ subscriptions }) => subscriptions.resumed,
    "outcome",
  ),
  counter(
    "resyncs",
    "Consumers that asked to be repaired, by cause.",
    ({ subscriptions }) => subscriptions.resyncs,
    "cause",
  ),
  counter(
    "filtered_anew",
    "Times that all who follow by a filter were sent what it shows anew.",
    ({ subscriptions }) => subscriptions.filtered.anew,
  ),
  counter(
    "frames",
    "Messages on connections.",
    ({ frames }) => ({ receive: frames.in, transmit: frames.out }),
    DIRECTION,
  ),
  counter(
    "io_bytes",
    "Bytes of messages on connections, without those of the transport.",
    ({ bytes }) => ({ receive: bytes.in, transmit: bytes.out }),
    DIRECTION,
  ),
  counter(
    "resending_bytes",
    "What sending each changed message whole would have cost.",
    ({ bytes }) => bytes.resending,
  ),
  counter(
    "payload_bytes",
    "Frames of channels: as they were sent, and as they would be without compact values and compression.",
    ({ payload }) => ({ original: payload.original, sent: payload.sent }),
    "form",
  ),
  counter(
    "compressed_messages",
    "Messages that went compressed.",
    ({ payload }) => payload.compressed,
  ),
  counter(
    "coalesced_frames",
    "Frames that a composed one took the place of, for slow consumers.",
    ({ frames }) => frames.coalesced,
  ),
  counter(
    "catch_ups",
    "Times that a slow consumer was brought to the present.",
    ({ frames }) => frames.catch_ups,
  ),
  counter(
    "dropped_pins",
    "States that were given up while snapshots were sent from them.",
    ({ frames }) => frames.dropped_pins,
  ),
  gauge(
    "channels_loading",
    "Channels that are being made on demand.",
    (report) => report.on_demand.loading,
  ),
  gauge(
    "channels_kept",
    "Channels that were made on demand and are in memory.",
    (report) => report.on_demand.kept,
  ),
  counter(
    "demands",
    "Readers of channels that are made on demand, by what they came to; loaders that came to nothing.",
    ({ on_demand: { started, shared, from_memory, failed, aborted } }) => ({
      started,
      shared,
      from_memory,
      failed,
      aborted,
    }),
    "outcome",
  ),
  counter("errors", "Errors that were sent to clients.", ({ errors }) => errors, ERROR),
  counter(
    "refused_changes",
    "Changes of producers that were dropped.",
    ({ refused }) => refused,
    ERROR,
  ),
  counter("commands", "Commands that have ended.", ({ commands }) => commands, "outcome"),
];

/** Durations, after OpenTelemetry's names where it has one; in seconds, as all of its are. */
const DURATIONS: readonly {
  readonly name: string;
  readonly help: string;
  readonly of: (statistics: Statistics) => Histogram;
}[] = [
  {
    name: "gen_ai_client_operation_time_to_first_chunk_seconds",
    help: "From a message's beginning to the first of its content that was delivered.",
    of: ({ firstChunk }) => firstChunk,
  },
  {
    name: "gen_ai_client_operation_time_per_output_chunk_seconds",
    help: "From one delivered piece of a message's content to the next.",
    of: ({ eachChunk }) => eachChunk,
  },
  {
    name: "deltawire_delivery_latency_seconds",
    help: "From the log to the socket.",
    of: ({ latency }) => latency,
  },
  {
    name: "deltawire_load_first_message_seconds",
    help: "Of loaders, until there was a first message.",
    of: ({ demand }) => demand.firsts,
  },
  {
    name: "deltawire_load_duration_seconds",
    help: "Of loaders that made a channel on demand.",
    of: ({ demand }) => demand.loads,
  },
];

/** A registry of its own (prom-client's), filled from the server's statistics when it is read. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** The metrics of a server. prom-client is loaded by this, and by nothing before it. */
export async function metricsOf(statistics: Statistics, gauges: () => Gauges): Promise<Metrics> {
  const { Counter, Gauge, Histogram: PrometheusHistogram, Registry } = await import("prom-client");

  /** Buckets that were counted elsewhere. */
  class Counted extends PrometheusHistogram {
    readonly #head: { readonly name: string; readonly help: string };
    readonly #counted: Histogram;

    constructor(name: string, help: string, counted: Histogram) {
      super({ name, help, registers: [] });
      this.#head = { name, help };
      this.#counted = counted;
    }

    /** What the registry asks for text; those of prom-client give what they have observed. */
    getForPromString() {
      const values = bucketsOf(this.#head.name, this.#counted);
      return { ...this.#head, type: "histogram", aggregator: "sum", values };
    }
  }

  const registry = new Registry();
  for (const { name, help, kind, label, read } of SOURCES) {
    const collect = (metric: InstanceType<typeof Counter | typeof Gauge>) => {
      const value = read(statistics.report(gauges()));
      metric.reset();
      if (typeof value === "number") metric.inc(value);
      else
        for (const [of, count] of Object.entries(value)) metric.inc({ [label ?? ""]: of }, count);
    };
    const config = {
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [registry],
    };
    if (kind === "counter")
      new Counter({
        ...config,
        collect() {
          collect(this);
        },
      });
    else
      new Gauge({
        ...config,
        collect() {
          collect(this);
        },
      });
  }
  for (const { name, help, of } of DURATIONS) {
    registry.registerMetric(new Counted(name, help, of(statistics)));
  }
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

/** A histogram's samples, cumulative, in seconds. */
function bucketsOf(
  name: string,
  { bounds, counts, sum }: Histogram,
): MetricValueWithName<string>[] {
  let count = 0;
  const values = Array.from(counts, (inBucket, bucket) => {
    count += inBucket;
    const bound = bounds[bucket];
    const le = bound === undefined ? "+Inf" : bound / 1000;
    return { labels: { le }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...values,
    { labels: {}, value: sum / 1000, metricName: `${name}_sum` },
    { labels: {}, value: count, metricName: `${name}_count` },
  ];
}
