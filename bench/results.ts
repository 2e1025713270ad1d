import type { Figure } from "./statistics.js";

/** How much is measured: to see that it works, in about ten minutes, or for the record. */
export type Effort = "smallest" | "quick" | "full";

/** Values by name. */
export type Named<Value> = Readonly<Record<string, Value>>;

/** What one input costs on the wire by one peer, every message with its framing. */
export interface WireRow {
  readonly bytes: number;
  /** `bytes` to the raw text of the input, in UTF-8. */
  readonly ratio: number;
  /** Ours by its own compression, the others by one deflate stream a connection. */
  readonly deflated: number;
  /** Ours only: the plain frames by one deflate stream a connection. */
  readonly takeover?: number;
  /** Where the whole input took too long: after how many windows it was stopped. */
  readonly windows?: number;
  /** What comes of a frame that is lost. */
  readonly loss: "noticed" | "silent" | "unharmed" | "too short";
}

/** Nanoseconds of a 100 ms window. */
export interface CpuRow {
  readonly encode: Figure;
  readonly apply: Figure;
  /** To apply it, and read the text. */
  readonly read: Figure;
  /** Ours only: the server's share, from the producer's frame to the consumers'. */
  readonly relay?: Figure;
  readonly windows?: number;
}

/** What somebody who joins late receives. */
export interface LateJoinRow {
  readonly bytes: number;
  /** By our own compression, and the others by deflate. */
  readonly deflated?: number;
  /** Ours only: the bytes of the content, and what may stand beside them. */
  readonly budget?: number;
  /** Where writing it took too long: so many windows as usual, and what was left in one. */
  readonly windows?: number;
}

/** What a layer, or a peer, takes for a call against the size of the text. */
export interface GrowthRow {
  /** What the largest text takes, to what the smallest takes. */
  readonly slope: Figure;
  /** The power of the size that the time follows, by least squares. */
  readonly exponent: Figure;
  /** Nanoseconds of a call, or a peer's of a window, by characters. */
  readonly sizes: Named<Figure>;
  /** Of a peer: what `sizes` consists of. */
  readonly encode?: Named<Figure>;
  readonly apply?: Named<Figure>;
}

/** Many consumers in processes of their own. */
export interface FanoutRow {
  readonly perSecond: Figure;
  /** Microseconds of the server's processor time. */
  readonly cpuPerMessage: Figure;
  /** Milliseconds at a fixed rate. */
  readonly p50: Figure;
  readonly p99: Figure;
  readonly p999: Figure;
  /** Of bare `ws` in the same round. */
  readonly toWs: { readonly perSecond: Figure; readonly cpuPerMessage: Figure };
}

/** What a connection takes over which nothing is sent. */
export interface IdleRow {
  /** Heap and external memory. */
  readonly bytesPerConnection: Figure;
  /** As the operating system counts it. */
  readonly resident: Figure;
  /** `bytesPerConnection` beyond that of bare `ws` in the same round. */
  readonly aboveWs: Figure;
}

/** What a consumer takes that does not read. */
export interface StalledRow {
  /** As the operating system counts it. */
  readonly bytesPerConsumer: Figure;
  /** Heap and external memory. */
  readonly heldPerConsumer: Figure;
}

/** Appends of small records to a log. */
export interface AppendsRow {
  readonly perSecond: Figure;
  /** Microseconds of processor time of those who append, for one. */
  readonly cpu: Figure;
  /** Microseconds of Redis' processor time for one. */
  readonly logCpu?: Figure;
  /** To the same bytes written without any question, in the same round. */
  readonly toBare?: {
    readonly perSecond: Figure;
    readonly cpu: Figure;
    readonly logCpu?: Figure;
  };
}

/** Servers that append to one channel, each as fast as it can. */
export interface ContentionRow {
  readonly perSecond: Figure;
  /** How often one of them was not first, for each record that was appended. */
  readonly conflictsPerRecord: Figure;
}

/** What one of something takes. */
export interface CostRow {
  readonly what: string;
  readonly value: number;
  readonly unit: "B" | "µs" | "/s";
}

/** From a producer's append to a consumer's state, in milliseconds. */
export interface PathRow {
  readonly p50: Figure;
  readonly p99: Figure;
  /** Of one server without a log, in the same round. */
  readonly toOne: { readonly p50: Figure; readonly p99: Figure };
}

/** What it takes to grow; parts that are measured with a real Redis are absent without one. */
export interface Scaling {
  /** By where the log is, then by `<channels at once>x<processes>`. */
  readonly appends: Named<Named<AppendsRow>>;
  /** By how many servers. */
  readonly contention?: Named<ContentionRow>;
  readonly costs: Named<CostRow>;
  /** By how many servers are between, and where the log is. */
  readonly paths: Named<PathRow>;
}

/** What a database does for a turn, by its own count. */
export interface DatabaseRow {
  /** Statements. */
  readonly reads: Figure;
  readonly writes: Figure;
  /** At the end of the turn. */
  readonly finalWrites: Figure;
  /** Of its write-ahead log. */
  readonly bytes: Figure;
  /** Nanoseconds of execution. */
  readonly busy: Figure;
}

/** What an ordinary message costs in one way of writing it. */
export interface PayloadRow {
  readonly bytes: number;
  /** Nanoseconds. */
  readonly encode?: Figure;
}

/** What the seed documents ask for. */
export interface TargetRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number;
  /** Whether more of it is better. */
  readonly isAtLeast?: boolean;
  readonly holds: boolean;
  readonly details: Named<number>;
}

/** What somebody who asks for a feed waits, in milliseconds. */
export interface FeedRow {
  /** To the first items. */
  readonly first: Figure;
  readonly complete: Figure;
}

/** Milliseconds of a page's main thread for one update that is on the screen before the next one. */
export interface GrowingRow {
  readonly task: Figure;
  readonly script: Figure;
  /** Styles and layout. */
  readonly layout: Figure;
}

/** What a page does while an agent's turn comes in. */
export interface TurnRow {
  readonly commitsPerSecond: Figure;
  /** Tasks of more than 50 ms, and their milliseconds together. */
  readonly longTasks: Figure;
  readonly longTime: Figure;
  /** Seconds of the main thread. */
  readonly busy: Figure;
  /** Seconds from its first token until all of it was shown. */
  readonly elapsed: Figure;
}

/** What text costs on a screen. */
export interface Screen {
  /** By characters that were there before, then by how they are shown. */
  readonly growing: Named<Named<GrowingRow>>;
  readonly turn: Named<TurnRow>;
}

/** A budget that is no comparison with a peer. */
export interface ClaimRow {
  readonly what: string;
  readonly figure: Figure;
  readonly budget: number;
}

/** What is measured; the names inside are inputs, peers, numbers and layers. */
export interface Measured {
  readonly wire: Named<Named<WireRow>>;
  readonly cpu: Named<Named<CpuRow>>;
  readonly latejoin: Named<Named<LateJoinRow>>;
  readonly growth: Named<Named<GrowthRow>>;
  readonly claims: Named<ClaimRow>;
  readonly database: Named<DatabaseRow>;
  readonly fanout: Named<Named<FanoutRow>>;
  /** Ten frames that are due together. */
  readonly fanoutTen: Named<Named<FanoutRow>>;
  readonly idle: Named<IdleRow>;
  readonly stalled: Named<StalledRow>;
  readonly targets: Named<TargetRow>;
  readonly payload: Named<Named<PayloadRow>>;
  readonly terminal: Named<TargetRow>;
  readonly "agent-thread": Named<TargetRow>;
  readonly graph: Named<TargetRow>;
  readonly feed: Named<TargetRow>;
  /** The same feed, by how its queries are asked and answered. */
  readonly feedWays: Named<FeedRow>;
  readonly "team-chat": Named<TargetRow>;
  readonly scaling: Scaling;
  readonly screen: Screen;
}

/** The same with the median for each figure. */
export type Medians<Tree> = Tree extends Figure
  ? number
  : Tree extends object
    ? { readonly [Name in keyof Tree]: Medians<Tree[Name]> }
    : Tree;

/** Where the quartiles are, beside a median in the same place of another tree. */
export interface Spread {
  readonly low: number;
  readonly high: number;
}

/** What it was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Gigabytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

/** When, and how much was measured. */
interface Run {
  readonly date: string;
  readonly effort: Effort;
}

/** One run: what `--json` prints. A section that was not asked for is not there. */
export interface Results extends Run, Partial<Medians<Measured>> {
  readonly machine: Machine;
  /** Of the packages that were measured. */
  readonly versions: Named<string>;
  /** Sections that were measured by a later run of their own. */
  readonly apart?: Named<Run>;
  /** The quartiles of each figure, where its median is. */
  readonly spread: Tree;
}

/** Anything by name. */
export interface Tree {
  readonly [name: string]: Tree | string | number | boolean | undefined;
}
