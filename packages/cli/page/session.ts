import { type Channel, connect, type Wire } from "@deltawire/client";
import type { PageReport, TurnCopy } from "../src/page/report.js";
import { ByteHistory } from "./byte-history.js";
import { Chronicle } from "./chronicle.js";
import { readTurnCopy } from "./control.js";
import { Happenings } from "./happenings.js";
import { NoteWriter } from "./note-writer.js";
import { ReportStream } from "./report-stream.js";
import { Store } from "./store.js";
import { CHANNEL, Viewer } from "./viewer.js";

/** Everything that this tab does beside what it shows. */
export class Session {
  /** The direct way to the server: the original of every comparison, and the way of commands. */
  readonly wire: Wire = connect("/wire");
  readonly channel: Channel = this.wire.channel(CHANNEL);
  readonly note: NoteWriter;
  readonly stream: ReportStream = new ReportStream("/control/events");
  readonly happenings: Happenings = new Happenings();
  readonly history: ByteHistory = new ByteHistory();
  /** The editor's own copy of a turn that has ended. */
  readonly copy: Store<TurnCopy | undefined> = new Store<TurnCopy | undefined>(undefined);
  readonly viewers: readonly Viewer[];

  constructor() {
    const tab = Math.random().toString(36).slice(2, 8);
    this.note = new NoteWriter(this.channel, `visitor-${tab}`);
    this.viewers = [new Viewer("socket", tab), new Viewer("http", tab), new Viewer("yours", tab)];
    const chronicle = new Chronicle(this.happenings, this.viewers);
    this.stream.hearing.subscribe(() => {
      const { report, isHeard } = this.stream.hearing.get();
      if (!report || !isHeard) return; // what was told before is no news
      chronicle.take(report);
      this.#measure(report);
      void this.#readCopy(report);
    });
  }

  #measure(report: PageReport): void {
    const [viewer] = this.viewers;
    if (!viewer) return;
    const { turn } = report;
    const state = viewer.wire.get().channel(CHANNEL).state;
    const held = turn && state.message(turn.message);
    this.history.take(report, viewer.name, held?.isFinal ?? false);
  }

  /** Once for each turn that has ended. */
  async #readCopy({ turn }: PageReport): Promise<void> {
    const copy = this.copy.get();
    if (!turn || turn.status === "running") {
      this.copy.set(undefined);
      return;
    }
    if (copy?.message === turn.message) return;
    // Nothing is compared with it until it has come.
    this.copy.set({ message: turn.message, status: "running", parts: [] });
    try {
      this.copy.set(await readTurnCopy());
    } catch (error) {
      this.copy.set(undefined);
      this.happenings.tell("bad", `The editor's copy could not be read: ${String(error)}`);
    }
  }
}
