import type { Message } from "@deltawire/protocol";
import { Commands } from "./commands.js";
import { Coverage } from "./coverage.js";
import type { Draft } from "./draft.js";
import { Editor, type EditorHost } from "./editor.js";
import { Ledger } from "./ledger.js";
import { Network } from "./network.js";
import { Program } from "./program.js";
import { Random } from "./random.js";
import {
  type EditorPlan,
  type Fault,
  type Scenario,
  scenario,
  type ViewerPlan,
} from "./scenario.js";
import { Servers } from "./servers.js";
import { SimulatedLog } from "./simulated-log.js";
import type { SimulatedServer } from "./simulated-server.js";
import { Violation } from "./violation.js";
import { type Process, World } from "./world.js";

/** A program that edits, through all of its runs. */
export interface Editing {
  readonly plan: EditorPlan;
  program: Program;
  editor: Editor;
  /** Whether every program before was attached before it was replaced, so that none may fence it. */
  isLatest: boolean;
}

/** Everything that is there in one run of the simulation. */
export class Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly plan: Scenario;
  readonly world: World = new World();
  readonly network: Network;
  readonly ledger: Ledger = new Ledger();
  readonly coverage: Coverage = new Coverage();
  readonly editing: Editing[] = [];
  readonly viewers: Program[] = [];
  /** Programs that were replaced, and may still be alive. */
  readonly old: Program[] = [];
  /** Programs that were attached as producers at some time. */
  readonly commands: Commands;
  readonly attached: Set<Process> = new Set();
  /** Editors whose programs were replaced, and live on. */
  readonly replaced: Editor[] = [];
  readonly promises: Map<string, Process | undefined> = new Map();
  readonly trace: string[] | undefined;
  readonly servers: Servers;
  /** What servers share; undefined where one has everything in its memory. */
  readonly log: SimulatedLog | undefined;
  /** A program in a server's own process. */
  local: { readonly editor: Editor; readonly server: SimulatedServer } | undefined;
  violation: Violation | undefined;
  /** What connections have to be in the middle of for something to go wrong. */
  readonly threats: string[] = [];
  /** Messages whose listeners were called, as `channel id generation`. */
  readonly hooked: Set<string> = new Set();
  /** Channels of which a log has lost what no server knew. */
  readonly lost: Set<string> = new Set();
  /** Until when servers may have to give a log what it has lost. */
  fragileUntil = 0;
  /** Whether everybody is told to stop. */
  isOver = false;
  #promises = 0;
  /** What was promised since the last look. */
  readonly #promised: Draft[] = [];

  constructor(seed: number, isTraced: boolean, faults?: readonly Fault[]) {
    this.seed = seed;
    this.random = new Random(seed);
    this.plan = scenario(this.random.fork(), faults);
    this.trace = isTraced ? [] : undefined;
    const watch = (client: Process) => ({
      wrong: (what: string, isRepair: boolean) => {
        // What begins again before a window is only found by another one.
        const viewer = this.plan.viewers.find(({ name }) => name === client.name);
        if (isRepair && viewer?.last !== undefined) return;
        this.violated(new Violation(13, `${client.name}: ${what}`));
      },
      attached: () => this.attached.add(client),
      ...(this.trace && { trace: (line: string) => this.note(`${client.name} ${line}`) }),
    });
    this.network = new Network(this.world, this.random.fork(), this.plan.network, watch);
    this.ledger.forgets = this.plan.keeps !== undefined;
    const isCalm = this.plan.faults.length === 0;
    this.commands = new Commands(isCalm, (violation) => this.violated(violation));
    const { servers, logLatency, channels } = this.plan;
    const { world, random, network, ledger, plan } = this;
    const log =
      servers > 0 ? new SimulatedLog(world, random.fork(), logLatency, channels) : undefined;
    this.log = log;
    this.servers = new Servers({
      network,
      ledger,
      plan,
      log,
      note: (line) => this.note(line),
      report: (defect) =>
        this.try(() => {
          throw defect;
        }),
      completed: (server, ...completed) => this.#completed(server, ...completed),
      started: (server) => this.#started(server),
    });
    this.servers.begin();
  }

  /** Whether of what was acknowledged some may be gone: with a server's memory, or the log's. */
  mayHaveLost(channel: string): boolean {
    return this.log ? this.lost.has(channel) : this.servers.life > 1;
  }

  /** Whether what a log has lost depends on servers that know it. */
  get isFragile(): boolean {
    return this.world.now < this.fragileUntil;
  }

  #started(server: SimulatedServer): void {
    const { local, channels } = this.plan;
    if (local === undefined || this.local) return;
    const channel = server.localChannel(channels[0] ?? "one", local);
    const name = `local${server.life}`;
    const host = this.#editorHost(this.random.fork(), server.process);
    this.local = { editor: new Editor(name, channel, host), server };
  }

  note(line: string): void {
    this.trace?.push(`${String(this.world.now.toFixed(1)).padStart(9)}  ${line}`);
  }

  violated(violation: Violation): void {
    if (!this.violation) this.note(`VIOLATED: ${violation.message}`);
    this.violation ??= violation;
  }

  /** Runs something, and takes what it throws for what it is. */
  try(run: () => void): void {
    try {
      run();
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.violated(error instanceof Violation ? error : new Violation(10, `thrown: ${what}`));
    }
  }

  #completed(
    server: SimulatedServer,
    epoch: string | undefined,
    channel: string,
    message: Message,
  ): void {
    const where = `a listener of server ${server.life}`;
    this.hooked.add(`${channel} ${message.id} ${message.generation}`);
    this.try(() => this.ledger.sawFinal(where, epoch ?? "of the past", channel, message));
  }

  #editorHost(random: Random, process: Process): EditorHost {
    return {
      ledger: this.ledger,
      random,
      track: (what, promise) => this.track(what, promise, process),
      note: (what) => this.note(what),
      promised: (draft) => this.#promised.push(draft),
      violated: (violation) => this.violated(violation),
      isOver: () => this.isOver,
      plan: this.plan,
    };
  }

  track(what: string, promise: Promise<unknown>, process?: Process): void {
    this.#promises += 1;
    const key = `${what} (${this.#promises})`;
    this.promises.set(key, process);
    promise.then(
      () => this.promises.delete(key),
      (error: unknown) => {
        this.promises.delete(key);
        this.try(() => {
          throw error;
        });
      },
    );
  }

  /** Invariant 5. */
  #expectPromised(draft: Draft): void {
    const { channel, id, generation } = draft;
    const key = `${channel} ${id}`;
    if (this.ledger.removed.has(key)) return;
    // A message that was begun again at once was never seen to end.
    const isLater = (other: Draft) =>
      other.id === id && other.channel === channel && other.generation > generation;
    if (this.ledger.drafts.some(isLater)) return;
    const finals = [...this.ledger.finalsOf(channel, id, generation).values()];
    const expected = JSON.stringify(draft.expected());
    if (finals.includes(expected)) return;
    const what = `the server has ${id} as ${finals[0]}, and promised ${expected}`;
    this.violated(new Violation(5, what));
  }

  startEditor(plan: EditorPlan): void {
    const program = this.#editorProgram(plan);
    const host = this.#editorHost(this.random.fork(), program.process);
    const editor = new Editor(plan.name, program.wire.channel(plan.channel), host);
    this.editing.push({ plan, program, editor, isLatest: true });
  }

  #editorProgram({ name, codec, throttle, channel, reads }: EditorPlan): Program {
    const random = this.random.fork();
    const options = { codec, throttle, producer: name, tokens: this.plan.tokens };
    const program = new Program(name, this.network, random, options);
    if (this.plan.commands) this.commands.serve(program, channel);
    if (reads) program.view(channel, this.ledger, (violation) => this.violated(violation));
    return program;
  }

  startViewer(plan: ViewerPlan): void {
    const { name, channel, codec, leavesAt, feeds, last, pages, pauses, filter } = plan;
    const { tokens } = this.plan;
    const program = new Program(name, this.network, this.random.fork(), { codec, tokens });
    const violated = (violation: Violation) => this.violated(violation);
    program.view(channel, this.ledger, violated, { last, filter });
    if (feeds) {
      program.feed(channel).catch((error: unknown) => {
        this.try(() => {
          throw error;
        });
      });
    }
    this.viewers.push(program);
    for (const at of last === undefined ? [] : pages) {
      this.world.at(at, program.process, () => {
        this.track("a page", program.page(this.random.int(4, 1)), program.process);
      });
    }
    for (const at of pauses) {
      this.world.at(at, program.process, () => {
        program.lookAway(this.random.pick([0, 1, 10, 300, 3000]));
      });
    }
    if (leavesAt === undefined) return;
    this.world.at(leavesAt, undefined, () => {
      const index = this.viewers.indexOf(program);
      if (index < 0) return;
      this.viewers.splice(index, 1);
      this.old.push(program);
      program.leave();
      this.track(`${name} closes`, program.wire.close(), program.process);
    });
  }

  /** Some viewer asks whoever writes its channel to do something. */
  ask(): void {
    if (this.viewers.length === 0) return;
    const program = this.random.pick(this.viewers);
    const [view] = program.views;
    if (!view || program.process.isAsleep) return;
    const { name } = view.channel;
    this.note(`${program.process.name} asks for something`);
    this.track("a command", this.commands.ask(program, name), program.process);
  }

  /** The same editor in a new program, which knows what the one before had written. */
  replaceEditor(editing: Editing): void {
    const { plan, editor } = editing;
    this.old.push(editing.program);
    if (!editing.program.process.isDead) this.replaced.push(editor);
    editing.isLatest &&= this.attached.has(editing.program.process);
    editing.program = this.#editorProgram(plan);
    const host = this.#editorHost(this.random.fork(), editing.program.process);
    const channel = editing.program.wire.channel(plan.channel);
    // Of what it had begun again it does not know how often.
    const drafts = editor.open.map(({ draft }) => draft).filter((draft) => draft.generation === 0);
    for (const { draft } of [...editor.open, ...editor.ended]) {
      this.ledger.contested.add(`${draft.channel} ${draft.id}`);
    }
    editing.editor = new Editor(plan.name, channel, host, editor.count);
    editing.editor.resume(drafts);
  }

  /** Invariants 2, 3, 4, 7 and 8: after every step. */
  look(): void {
    this.try(() => {
      for (const { program } of this.editing) program.look();
      for (const program of this.viewers) program.look();
      this.servers.look();
      for (const draft of this.#promised.splice(0)) this.#expectPromised(draft);
    });
  }

  /** Everybody who is there at the end. */
  get programs(): Program[] {
    return [...this.editing.map(({ program }) => program), ...this.viewers];
  }
}
