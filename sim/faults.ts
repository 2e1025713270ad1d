import { strikeLog } from "./log-faults.js";
import type { Connection } from "./network.js";
import { type Fault, LOG_FAULTS, type LogFault } from "./scenario.js";
import type { SimulatedServer } from "./simulated-server.js";
import type { Editing, Simulation } from "./simulation.js";

const isLogFault = (fault: Fault): fault is LogFault =>
  (LOG_FAULTS as readonly Fault[]).includes(fault);

/** Makes one thing go wrong, to a connection or its program, and takes note of what it met. */
function strike(sim: Simulation, at: Connection | undefined = anyConnection(sim)): void {
  const fault = sim.random.pick(sim.plan.faults);
  const on = (run: (connection: Connection) => void) => at && onConnection(sim, fault, at, run);
  if (isLogFault(fault)) {
    for (const connection of sim.network.connections) meet(sim, fault, connection);
    strikeLog(sim, fault);
    return;
  }
  const run: Record<Exclude<Fault, LogFault>, () => void> = {
    cut: () => on((connection) => cut(sim, connection)),
    silence: () => on((connection) => silence(sim, connection)),
    stall: () => on((connection) => connection.stall(sim.random.int(20_000, 100))),
    sleep: () => sleep(sim, at),
    "server dies": () => serverDies(sim, anyServer(sim)),
    "server closes": () => serverCloses(sim, anyServer(sim)),
    "client dies": () => clientDies(sim, at),
    "editor restarts": () => restart(sim, true, at),
    "second attachment": () => restart(sim, false, at),
  };
  run[fault]();
}

/** What a fault may wait for, since it lasts so short a time. */
const RARE = [
  "opening",
  "subscribing",
  "loading a snapshot",
  "catching up",
  "attaching",
  "held back",
] as const;

/** Something goes wrong: now, or as soon as a connection is in the middle of something. */
export function threaten(sim: Simulation): void {
  const { random, plan, threats, log } = sim;
  if (log && plan.faults.includes("server dies") && random.chance(0.3)) {
    log.appended = (process) => serverDies(sim, sim.servers.of(process));
  } else if (random.chance(0.5)) strike(sim);
  else threats.push(plan.long && random.chance(0.5) ? "loading a snapshot" : random.pick(RARE));
}

/** Whatever waits for what a connection is in the middle of strikes. */
export function ambush(sim: Simulation): void {
  const index = sim.threats.findIndex((state) => victim(sim, state) !== undefined);
  if (index < 0) return;
  const [state = ""] = sim.threats.splice(index, 1);
  strike(sim, victim(sim, state));
}

const victim = (sim: Simulation, state: string): Connection | undefined =>
  [...sim.network.connections].find(
    (connection) => !connection.client.isDead && statesOf(connection).includes(state),
  );

function statesOf({ watch, waiting }: Connection): string[] {
  const states: string[] = [watch.phase];
  if (watch.isAttaching) states.push("attaching");
  if (waiting > 0) states.push("held back");
  return states;
}

function anyConnection(sim: Simulation): Connection | undefined {
  const connections = [...sim.network.connections].filter(({ client }) => !client.isDead);
  return connections.length > 0 ? sim.random.pick(connections) : undefined;
}

/** Notes what all connections of a program are in the middle of. */
function meet(sim: Simulation, fault: string, connection: Connection): void {
  for (const state of statesOf(connection)) sim.coverage.met(fault, state);
  const editing = sim.editing.find(({ program }) => program.process === connection.client);
  if (!editing) return;
  const { open, ended } = editing.editor;
  if (open.length > 0) sim.coverage.met(fault, "producing");
  if (ended.some(({ draft }) => draft.fate === "ending")) sim.coverage.met(fault, "completing");
}

function onConnection(
  sim: Simulation,
  fault: Fault,
  connection: Connection,
  run: (connection: Connection) => void,
): void {
  meet(sim, fault, connection);
  sim.note(`FAULT ${fault}: ${connection.client.name}`);
  run(connection);
}

/** Of what is under way some still arrives; each end learns of it in its own time. */
export function cut(sim: Simulation, connection: Connection): void {
  const { random } = sim;
  const { up, down } = connection.inFlight;
  const kept = { up: random.int(up + 1), down: random.int(down + 1) };
  const news = () => random.pick([0, 1, 50, 5000]);
  connection.cut(kept, { up: news(), down: news() });
}

function silence(sim: Simulation, connection: Connection): void {
  connection.silence(sim.random.pick(["up", "down", "both"] as const));
}

function sleep(sim: Simulation, at: Connection | undefined): void {
  const { random } = sim;
  const its = sim.programs.find(({ process }) => process === at?.client);
  const program = its ?? random.pick(sim.programs);
  const milliseconds = random.pick([500, 5000, 40_000, 200_000]);
  for (const connection of sim.network.connections) {
    if (connection.client === program.process) meet(sim, "sleep", connection);
  }
  sim.note(`FAULT sleep: ${program.process.name}, for ${milliseconds} ms`);
  program.process.sleep(milliseconds);
}

const anyServer = (sim: Simulation): SimulatedServer | undefined => {
  const { living } = sim.servers;
  return living.length > 1 ? sim.random.pick(living) : living[0];
};

function serverDies(sim: Simulation, server: SimulatedServer | undefined): void {
  if (!server || sim.isFragile) return;
  sim.note(`FAULT server ${server.life} dies`);
  for (const connection of sim.network.connections) meet(sim, "server dies", connection);
  endServer(sim, server);
}

function endServer(sim: Simulation, server: SimulatedServer): void {
  const { random, servers, local } = sim;
  if (local?.server === server) {
    for (const { draft } of [...local.editor.open, ...local.editor.ended]) {
      if (draft.fate !== "ended" && draft.fate !== "failed") draft.fate = "dead";
    }
    sim.local = undefined;
  }
  // A log that is lost does not know who was the last to come.
  if (!sim.log) {
    for (const editing of sim.editing) editing.isLatest &&= sim.replaced.length === 0;
  }
  servers.end(server, random.pick([0, 100, 3000, 30_000]));
}

function serverCloses(sim: Simulation, server: SimulatedServer | undefined): void {
  const { world, random, servers } = sim;
  if (!server || sim.isFragile) return;
  sim.note(`FAULT server ${server.life} closes`);
  for (const connection of sim.network.connections) meet(sim, "server closes", connection);
  server.goodbye((limit) => random.int(limit));
  servers.refuse(server);
  world.at(world.now + 2000, undefined, () => {
    if (server.process.isDead) return;
    endServer(sim, server);
  });
}

function clientDies(sim: Simulation, at: Connection | undefined): void {
  const index = sim.viewers.findIndex(({ process }) => process === at?.client);
  const viewer = sim.viewers[index];
  if (!viewer) {
    restart(sim, true, at);
    return;
  }
  sim.note(`FAULT ${viewer.process.name} dies`);
  kill(sim, "client dies", viewer.process);
  sim.viewers.splice(index, 1);
}

function restart(sim: Simulation, isKilled: boolean, at: Connection | undefined): void {
  const its = sim.editing.find(({ program }) => program.process === at?.client);
  const editing: Editing = its ?? sim.random.pick(sim.editing);
  const { program, editor } = editing;
  const fault = isKilled ? "editor restarts" : "second attachment";
  sim.note(`FAULT ${fault}: ${program.process.name}`);
  if (isKilled) {
    kill(sim, fault, program.process);
    for (const { draft } of [...editor.open, ...editor.ended]) {
      if (draft.fate !== "ended" && draft.fate !== "failed") draft.fate = "dead";
    }
  } else {
    for (const connection of sim.network.connections) {
      if (connection.client === program.process) meet(sim, fault, connection);
    }
  }
  sim.replaceEditor(editing);
}

/** A process dies; the other end of its connections is told, or is not. */
function kill(sim: Simulation, fault: string, process: Editing["program"]["process"]): void {
  process.kill();
  for (const connection of sim.network.connections) {
    if (connection.client !== process) continue;
    meet(sim, fault, connection);
    if (sim.random.chance(0.7)) connection.died();
    else connection.silence("both");
  }
}
