import type { Recorder } from "../recorder.js";
import { FramesTab } from "./frames-tab.js";
import { StateTab } from "./state-tab.js";
import { TotalsTab } from "./totals-tab.js";

/** What is looked at. */
export type ViewName = "frames" | "state" | "totals";

/** Milliseconds between two times that versions or totals are shown anew while rows come. */
const PAUSE = 150;

/** What a {@link View} tells. */
export interface ViewHost {
  /** Another one is to be shown. */
  choose(name: ViewName): void;
  /** Something that the toolbar shows is another. */
  changed(): void;
}

/** Everything that is shown of one recorder; only what is seen is kept up to date. */
export class View {
  readonly recorder: Recorder;
  readonly frames: FramesTab;
  readonly state: StateTab;
  readonly totals: TotalsTab;
  readonly #host: ViewHost;
  readonly #unsubscribe: () => void;
  #name: ViewName = "frames";
  #frame: number | undefined;
  #updatedAt = 0;

  constructor(recorder: Recorder, host: ViewHost) {
    this.recorder = recorder;
    this.#host = host;
    this.frames = new FramesTab(recorder, {
      schedule: () => this.schedule(),
      followed: () => host.changed(),
      versions: (row) => {
        host.choose("state");
        this.state.show(row);
      },
    });
    this.state = new StateTab(recorder, {
      reveal: (row) => {
        host.choose("frames");
        this.frames.reveal(row);
      },
    });
    this.totals = new TotalsTab(recorder);
    this.#unsubscribe = recorder.subscribe(() => this.schedule());
    this.schedule();
  }

  /** Shows another one. */
  show(name: ViewName): void {
    this.#name = name;
    this.#updatedAt = 0;
    this.#update();
  }

  /** Brings what is seen up to date before the next frame is painted. */
  schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#update();
    });
  }

  stop(): void {
    this.#unsubscribe();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.frames.stop();
  }

  #update(): void {
    if (this.#name === "frames") this.frames.update();
    else {
      this.frames.catchUp();
      this.#updateSlowly(this.#name);
    }
    this.#host.changed();
  }

  /** They are made anew as a whole: some times a second is as often as anybody reads them. */
  #updateSlowly(name: "state" | "totals"): void {
    const now = performance.now();
    if (now - this.#updatedAt < PAUSE) {
      this.schedule();
      return;
    }
    this.#updatedAt = now;
    if (name === "state") this.state.update(this.frames.base);
    else this.totals.update();
  }
}
