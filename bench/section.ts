// One section of the benchmark, in a process of its own: run.ts starts it.
import process from "node:process";
import type { Effort, Measured } from "./results.js";
import type { Section } from "./run.js";
import type { Input, Peer } from "./wire/peer.js";

type Measure = (effort: Effort, progress: (line: string) => void) => Promise<Partial<Measured>>;

/** Each loads what it needs and nothing else: some peers take their time, and memory. */
const sections: Readonly<Record<Section, Measure>> = {
  async cpu(effort, progress) {
    const { measureCpu } = await import("./wire/measure-cpu.js");
    return { cpu: await measureCpu(...(await everyone(effort)), effort, progress) };
  },
  async wire(effort, progress) {
    const { measureWire } = await import("./wire/measure-wire.js");
    return { wire: await measureWire(...(await everyone(effort)), effort, progress) };
  },
  async latejoin(effort, progress) {
    const { measureLateJoin } = await import("./wire/measure-late-join.js");
    const [, peers] = await everyone(effort);
    return { latejoin: await measureLateJoin(peers, effort, progress) };
  },
  async growth(effort, progress) {
    const { measureClaims } = await import("./claims.js");
    const { measureGrowth } = await import("./growth.js");
    // First what bounds are about: a consumer has no texts of 10 MB beside it.
    const claims = await measureClaims(effort, progress);
    return { claims, growth: await measureGrowth(effort, progress) };
  },
  async database(effort, progress) {
    const { measureDatabase } = await import("./database/database.js");
    return { database: await measureDatabase(effort, progress) };
  },
  async scaling(effort, progress) {
    const { measureScaling } = await import("./scaling/scaling.js");
    return { scaling: await measureScaling(effort, progress) };
  },
  async payload(effort, progress) {
    const { measurePayload } = await import("./payload/payload.js");
    return { payload: await measurePayload(effort, progress) };
  },
  async targets(effort, progress) {
    const { measureTargets } = await import("./targets/targets.js");
    return { targets: await measureTargets(effort, progress) };
  },
  async "agent-thread"(effort, progress) {
    const { measureAgentThread } = await import("./agent-thread/agent-thread.js");
    return { "agent-thread": await measureAgentThread(effort, progress) };
  },
  async feed(effort, progress) {
    const { measureFeed } = await import("./feed/feed.js");
    return measureFeed(effort, progress);
  },
  async "team-chat"(effort) {
    const { measureTeamChat } = await import("./team-chat/team-chat.js");
    return { "team-chat": await measureTeamChat(effort) };
  },
  async terminal(effort) {
    const { measureTerminal } = await import("./terminal/terminal.js");
    return { terminal: await measureTerminal(effort) };
  },
  async graph(effort) {
    const { measureGraph } = await import("./graph/graph.js");
    return { graph: await measureGraph(effort) };
  },
  async fanout(effort, progress) {
    const { measureFanout } = await import("./fanout/fanout.js");
    return measureFanout(effort, progress);
  },
  async idle(effort, progress) {
    const { measureIdle } = await import("./fanout/idle.js");
    return { idle: await measureIdle(effort, progress) };
  },
  async stalled(effort, progress) {
    const { measureStalled } = await import("./stalled.js");
    return { stalled: await measureStalled(effort, progress) };
  },
  async screen(effort, progress) {
    const { measureScreen } = await import("./screen/screen.js");
    return { screen: await measureScreen(effort, progress) };
  },
};

/** What is run on every wire, and the ways to bring it over. */
async function everyone(effort: Effort): Promise<[readonly Input[], readonly Peer[]]> {
  const { inputsOf } = await import("./wire/inputs.js");
  const { PEERS } = await import("./wire/peers.js");
  return [await inputsOf(effort), PEERS];
}

const [, , section, effort] = process.argv as [string, string, Section, Effort]; // run.ts's own
process.on("disconnect", () => process.exit(1)); // nobody waits for it any more
const measured = await sections[section](effort, (line) => process.send?.(line));
process.send?.(measured);
