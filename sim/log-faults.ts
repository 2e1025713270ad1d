import type { LogFault } from "./scenario.js";
import type { SimulatedLog } from "./simulated-log.js";
import type { SimulatedServer } from "./simulated-server.js";
import type { Simulation } from "./simulation.js";

/** Milliseconds in which those who know what a log has lost put it back, if they live. */
const REPAIR = 30_000;

/** Makes something go wrong with what servers share. */
export function strikeLog(sim: Simulation, fault: LogFault): void {
  const { log, random, servers } = sim;
  if (!log) return;
  const server = servers.living.length > 0 ? random.pick(servers.living) : undefined;
  const run: Record<LogFault, () => string | undefined> = {
    "log stops": () => stop(sim, log, random.pick([300, 3000, 12_000])),
    "log is slow": () => slow(sim, log, random.pick([500, 5000])),
    "answers are lost": () => server && loseAnswers(sim, log, server),
    "news is lost": () => loseNews(sim, log, random.pick([500, 5000, 20_000])),
    "server is cut off": () => server && cutOff(sim, log, server),
    "server stalls": () => server && stall(sim, server),
    "log fails over": () => failOver(sim, log),
    "log is emptied": () => empty(sim, log),
    "store stops": () => stopStore(sim, log, random.pick([300, 3000, 12_000])),
  };
  const what = run[fault]();
  if (what !== undefined) sim.note(`FAULT ${fault}: ${what}`);
}

/** Everything is as it should be, from here on. */
export function healLog({ log, servers }: Simulation): void {
  if (!log) return;
  log.slowness = 1;
  log.losesNews = false;
  log.appended = undefined;
  for (const { process } of servers.living) process.wake();
  for (const faults of log.faults()) {
    faults.log.isDown = false;
    faults.store.isDown = false;
  }
}

function after({ world }: Simulation, milliseconds: number, run: () => void): string {
  world.at(world.now + milliseconds, undefined, run);
  return `for ${milliseconds} ms`;
}

function stop(sim: Simulation, log: SimulatedLog, milliseconds: number): string {
  const set = (isDown: boolean) => {
    for (const faults of log.faults()) faults.log.isDown = isDown;
  };
  set(true);
  return after(sim, milliseconds, () => set(false));
}

function stopStore(sim: Simulation, log: SimulatedLog, milliseconds: number): string {
  const set = (isDown: boolean) => {
    for (const faults of log.faults()) faults.store.isDown = isDown;
  };
  set(true);
  return after(sim, milliseconds, () => set(false));
}

function slow(sim: Simulation, log: SimulatedLog, milliseconds: number): string {
  log.slowness = 20;
  return after(sim, milliseconds, () => {
    log.slowness = 1;
  });
}

function loseNews(sim: Simulation, log: SimulatedLog, milliseconds: number): string {
  log.losesNews = true;
  return after(sim, milliseconds, () => {
    log.losesNews = false;
  });
}

function loseAnswers(sim: Simulation, log: SimulatedLog, { process }: SimulatedServer): string {
  const times = sim.random.int(4, 1);
  for (const faults of log.faults(process)) {
    for (const call of ["append", "append", "read", "renew", "compact"]) {
      faults.log.next(call, sim.random.pick(["refused", "unclear"]), times);
    }
    for (const call of ["save", "load"]) faults.store.next(call, "unclear", times);
  }
  return `${times} times each, to ${process.name}`;
}

function cutOff(
  sim: Simulation,
  log: SimulatedLog,
  { process }: SimulatedServer,
): string | undefined {
  if (sim.isFragile) return undefined;
  const milliseconds = sim.random.pick([1000, 6000, 20_000]);
  const set = (isDown: boolean) => {
    for (const faults of log.faults(process)) faults.log.isDown = isDown;
  };
  set(true);
  return `${process.name}, ${after(sim, milliseconds, () => set(false))}`;
}

/** A pause of the whole process: it thinks that no time has passed. */
function stall(sim: Simulation, { process }: SimulatedServer): string | undefined {
  if (sim.isFragile) return undefined;
  const milliseconds = sim.random.pick([300, 6000, 20_000]);
  process.sleep(milliseconds);
  return `${process.name}, for ${milliseconds} ms`;
}

/** Whether a server that lives, and reaches the log, has all that anybody was told of a channel. */
function isKnown({ servers, log }: Simulation, channel: string): boolean {
  const newest = servers.newest(channel);
  return servers.living.some(({ process, channels }) => {
    const state = channels.get(channel)?.state;
    const isThere = state && newest && state.epoch === newest.epoch && state.seq === newest.seq;
    const isDown = log?.faults(process).some((faults) => faults.log.isDown);
    return isThere && !isDown && !process.isAsleep;
  });
}

/** What nobody knows any more is lost for good, and no server can tell. */
function failOver(sim: Simulation, log: SimulatedLog): string | undefined {
  const channel = sim.random.pick(sim.plan.channels);
  const areThere = sim.servers.living.every(
    ({ process }) => !process.isAsleep && log.faults(process).every((one) => !one.log.isDown),
  );
  if (!areThere || !isKnown(sim, channel)) return undefined;
  const records = sim.random.int(5, 1);
  log.failOver(channel, records);
  sim.fragileUntil = sim.world.now + REPAIR;
  return `${channel} has lost ${records} records`;
}

function empty(sim: Simulation, log: SimulatedLog): string {
  for (const channel of sim.plan.channels) {
    if (!isKnown(sim, channel)) sim.lost.add(channel);
  }
  log.empty();
  sim.fragileUntil = sim.world.now + REPAIR;
  return `nothing is left; nobody knows ${[...sim.lost].join(" and ") || "less than all"}`;
}
