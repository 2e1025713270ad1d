import type { Connection } from "./network.js";
import type { Fault } from "./scenario.js";
import type { Editing, Simulation } from "./simulation.js";

/** Makes one thing go wrong, and takes note of what it met. */
export function strike(sim: Simulation): void {
  const fault = sim.random.pick(sim.plan.faults);
  const run: Record<Fault, () => void> = {
    cut: () => onConnection(sim, fault, (connection) => cut(sim, connection)),
    silence: () => onConnection(sim, fault, (connection) => silence(sim, connection)),
    stall: () =>
      onConnection(sim, fault, (connection) => connection.stall(sim.random.int(20_000, 100))),
    sleep: () => sleep(sim),
    "server dies": () => serverDies(sim),
    "server closes": () => serverCloses(sim),
    "client dies": () => clientDies(sim),
    "editor restarts": () => restart(sim, true),
    "second attachment": () => restart(sim, false),
  };
  run[fault]();
}

/** Notes what all connections of a program are in the middle of. */
function meet(sim: Simulation, fault: string, connection: Connection): void {
  const { watch, client } = connection;
  sim.coverage.met(fault, watch.phase);
  if (watch.isAttaching) sim.coverage.met(fault, "attaching");
  if (connection.waiting > 0) sim.coverage.met(fault, "held back");
  const editing = sim.editing.find(({ program }) => program.process === client);
  if (!editing) return;
  const { open, ended } = editing.editor;
  if (open.length > 0) sim.coverage.met(fault, "producing");
  if (ended.some(({ draft }) => draft.fate === "ending")) sim.coverage.met(fault, "completing");
}

function onConnection(sim: Simulation, fault: Fault, run: (connection: Connection) => void): void {
  const connections = [...sim.network.connections].filter(({ client }) => !client.isDead);
  if (connections.length === 0) return;
  const connection = sim.random.pick(connections);
  meet(sim, fault, connection);
  sim.note(`FAULT ${fault}: ${connection.client.name}`);
  run(connection);
}

/** Of what is under way some still arrives; each end learns of it in its own time. */
function cut(sim: Simulation, connection: Connection): void {
  const { random } = sim;
  const { up, down } = connection.inFlight;
  const kept = { up: random.int(up + 1), down: random.int(down + 1) };
  const news = () => random.pick([0, 1, 50, 5000]);
  connection.cut(kept, { up: news(), down: news() });
}

function silence(sim: Simulation, connection: Connection): void {
  connection.silence(sim.random.pick(["up", "down", "both"] as const));
}

function sleep(sim: Simulation): void {
  const { random } = sim;
  const program = random.pick(sim.programs);
  const milliseconds = random.pick([500, 5000, 40_000, 200_000]);
  for (const connection of sim.network.connections) {
    if (connection.client === program.process) meet(sim, "sleep", connection);
  }
  sim.note(`FAULT sleep: ${program.process.name}, for ${milliseconds} ms`);
  program.process.sleep(milliseconds);
}

function serverDies(sim: Simulation): void {
  sim.note("FAULT the server dies");
  for (const connection of sim.network.connections) meet(sim, "server dies", connection);
  endServer(sim);
}

function endServer(sim: Simulation): void {
  const { server, world, random } = sim;
  for (const { draft } of [...(sim.local?.open ?? []), ...(sim.local?.ended ?? [])]) {
    if (draft.fate !== "ended" && draft.fate !== "failed") draft.fate = "dead";
  }
  sim.local = undefined;
  server.process.kill();
  for (const connection of sim.network.connections) connection.died();
  sim.network.listener = undefined;
  // A log that is lost does not know who was the last to come.
  for (const editing of sim.editing) editing.isLatest &&= sim.replaced.length === 0;
  const { life } = server;
  world.at(world.now + random.pick([0, 100, 3000, 30_000]), undefined, () => {
    if (sim.server.life === life) sim.startServer(life + 1);
  });
}

function serverCloses(sim: Simulation): void {
  const { server, world, random } = sim;
  sim.note("FAULT the server closes");
  for (const connection of sim.network.connections) meet(sim, "server closes", connection);
  server.goodbye((limit) => random.int(limit));
  sim.network.listener = undefined;
  world.at(world.now + 2000, undefined, () => {
    if (sim.server === server && !server.process.isDead) endServer(sim);
  });
}

function clientDies(sim: Simulation): void {
  const index = sim.random.int(sim.viewers.length + 1);
  const viewer = sim.viewers[index];
  if (!viewer) {
    restart(sim, true);
    return;
  }
  sim.note(`FAULT ${viewer.process.name} dies`);
  kill(sim, "client dies", viewer.process);
  sim.viewers.splice(index, 1);
}

function restart(sim: Simulation, isKilled: boolean): void {
  const editing: Editing = sim.random.pick(sim.editing);
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
