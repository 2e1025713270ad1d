import { type Recording, readRecording } from "../read-recording.js";
import type { Recorder } from "../recorder.js";
import { Divider } from "./divider.js";
import { become, element, iconButton, setAttribute, setText } from "./element.js";
import { bytesOf, countOf, plural } from "./format.js";
import { type Opened, Player } from "./player.js";
import { Tabs } from "./tabs.js";
import { View, type ViewName } from "./view.js";

/** Toolbar, tabs and status line around the {@link View} of a recorder. */
export class Panel {
  readonly target: HTMLElement;
  /** What was given, if it goes on; recordings are opened instead of it. */
  readonly #live: Recorder | undefined;
  readonly #panels: Readonly<Record<ViewName, HTMLElement>> = {
    frames: element("div", { class: "tab-panel" }),
    state: element("div", { class: "tab-panel" }),
    totals: element("div", { class: "tab-panel" }),
  };
  readonly #tabs: Tabs<ViewName>;
  readonly #filters: HTMLElement = element("div", { class: "filter-place" });
  readonly #actions: HTMLElement;
  readonly #follow: HTMLButtonElement;
  readonly #save: HTMLButtonElement;
  readonly #clear: HTMLButtonElement;
  readonly #file: HTMLInputElement;
  readonly #place: HTMLElement = element("div", { class: "player-place" });
  readonly #alert: HTMLElement = element("div", { class: "alert", role: "alert", hidden: true });
  readonly #status: HTMLElement = element("div", { class: "status" });
  #view: View | undefined;
  #player: Player | undefined;

  constructor(live: Recorder | undefined) {
    this.#live = live;
    this.#tabs = new Tabs(
      "Inspector",
      [
        { name: "frames", label: "Frames", panel: this.#panels.frames },
        { name: "state", label: "State", panel: this.#panels.state },
        { name: "totals", label: "Totals", panel: this.#panels.totals },
      ],
      (name) => {
        this.#view?.show(name);
        this.#filters.hidden = name !== "frames";
      },
    );
    this.#follow = iconButton("follow", "Follow the newest frame", () => {
      this.#view?.frames.follow(!this.#view.frames.isFollowing);
    });
    this.#clear = iconButton("clear", "Clear", () => this.#clearAll());
    this.#save = iconButton("save", "Save the recording", () => this.#download());
    const open = iconButton("open", "Open a recording", () => this.#file.click());
    this.#file = element("input", {
      type: "file",
      accept: ".jsonl,.ndjson,.json,.txt",
      hidden: true,
      change: () => this.#openFile(this.#file.files?.[0]),
    });
    this.#actions = element(
      "div",
      { class: "actions", role: "group", "aria-label": "Recording" },
      this.#follow,
      this.#clear,
      this.#save,
      open,
      this.#file,
    );
    this.target = element(
      "section",
      {
        class: "panel",
        "aria-label": "Deltawire inspector",
        pointerdown: (event) => this.#view?.frames.filters.clicked(event),
        dragover: (event) => event.preventDefault(),
        drop: (event) => this.#drop(event as DragEvent), // as its name says
      },
      element("div", { class: "toolbar" }, this.#tabs.list, this.#actions, this.#filters),
      this.#place,
      this.#alert,
      ...Object.values(this.#panels),
      this.#status,
    );
    if (live) this.#show(live);
  }

  /** Stands at the bottom of the window: it can be made larger, and folded to its toolbar. */
  dock(host: HTMLElement): void {
    const divider = new Divider("Height of the inspector", {
      measure: () => ({ size: host.offsetHeight, all: innerHeight }),
      isBelow: () => true,
      resize: (size) => host.style.setProperty("--dock", `${size}px`),
    });
    divider.target.classList.add("dock-divider");
    const fold = iconButton("fold", "Fold the inspector", () => {
      const isFolded = host.classList.toggle("folded");
      become(
        fold,
        isFolded ? "unfold" : "fold",
        isFolded ? "Unfold the inspector" : "Fold the inspector",
      );
    });
    this.#actions.append(fold);
    this.target.prepend(divider.target);
  }

  /** Shows a recording. */
  open(name: string, recording: Recording): void {
    this.#player?.stop();
    const opened: Opened = { name, recording };
    const host = { show: (recorder: Recorder) => this.#show(recorder), close: () => this.#close() };
    this.#player = new Player(opened, host, this.#live === undefined);
    this.#place.replaceChildren(this.#player.target);
    this.#player.open();
  }

  stop(): void {
    this.#player?.stop();
    this.#view?.stop();
  }

  #show(recorder: Recorder): void {
    this.#view?.stop();
    const view = new View(recorder, {
      choose: (name) => this.#tabs.choose(name),
      changed: () => this.#changed(),
    });
    this.#view = view;
    this.#panels.frames.replaceChildren(view.frames.target);
    this.#panels.state.replaceChildren(view.state.target);
    this.#panels.totals.replaceChildren(view.totals.target);
    this.#filters.replaceChildren(view.frames.filters.target);
    view.show(this.#tabs.name);
  }

  #close(): void {
    this.#player?.stop();
    this.#player = undefined;
    this.#place.replaceChildren();
    if (this.#live) this.#show(this.#live);
  }

  #changed(): void {
    const view = this.#view;
    if (!view) return;
    const { recorder, frames } = view;
    setAttribute(this.#follow, "aria-pressed", String(frames.isFollowing));
    this.#player?.update();
    const totals = recorder.totals();
    const all = recorder.end - recorder.first;
    const gone = recorder.gone.rows > 0 ? `, ${countOf(recorder.gone.rows)} older ones gone` : "";
    const counted =
      frames.count === all
        ? plural(all, "frame")
        : `${countOf(frames.count)} of ${plural(all, "frame")}`;
    const received = bytesOf(totals?.received.bytes ?? 0);
    const sent = bytesOf(totals?.sent.bytes ?? 0);
    const searching = frames.isComplete ? "" : "Searching… ";
    setText(this.#status, `${searching}${counted}${gone} · ↓ ${received} · ↑ ${sent}`);
  }

  #clearAll(): void {
    this.#view?.recorder.clear();
    this.#view?.frames.cleared();
  }

  #download(): void {
    const recorder = this.#view?.recorder;
    if (!recorder) return;
    const blob = new Blob([...recorder.lines()], { type: "application/x-ndjson" });
    const url = URL.createObjectURL(blob);
    const stamp = new Date().toISOString().slice(0, 19).replace(/:/g, "-");
    const link = element("a", { href: url, download: `deltawire-${stamp}.jsonl` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  #drop(event: DragEvent): void {
    event.preventDefault();
    this.#openFile(event.dataTransfer?.files[0]);
  }

  #openFile(file: File | undefined): void {
    if (!file) return;
    this.#file.value = "";
    file.text().then(
      (text) => {
        try {
          this.open(file.name, readRecording(text));
          this.#say("");
        } catch (error) {
          this.#say(`${file.name} cannot be opened: ${messageOf(error)}`);
        }
      },
      (error: unknown) => this.#say(`${file.name} cannot be read: ${messageOf(error)}`),
    );
  }

  #say(text: string): void {
    this.#alert.hidden = text === "";
    const close = iconButton("close", "Close", () => this.#say(""));
    this.#alert.replaceChildren(...(text === "" ? [] : [element("span", {}, text), close]));
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
