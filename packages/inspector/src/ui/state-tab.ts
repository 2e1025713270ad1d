import type { Recorder } from "../recorder.js";
import type { Row, Side } from "../row.js";
import { NO_VERSIONS, type Version, type Versions } from "../timeline.js";
import { element, iconButton, setAttribute, setText } from "./element.js";
import { countOf, momentOf } from "./format.js";
import { Select } from "./select.js";
import { stepAt } from "./step.js";
import { StepView } from "./step-view.js";

/** What a {@link StateTab} asks for. */
export interface StateTabHost {
  /** A row is to be looked at among the frames. */
  reveal(row: number): void;
}

/** The state of a channel at every version that the recording knows: a slider goes through them. */
export class StateTab {
  readonly target: HTMLElement;
  readonly #recorder: Recorder;
  readonly #channels: Select<string>;
  readonly #sides: Select<Side>;
  readonly #slider: HTMLInputElement;
  readonly #said: HTMLElement = element("output", { class: "version" });
  readonly #step = new StepView();
  readonly #link: HTMLButtonElement;
  #base = 0;
  /** The row whose version is shown; undefined for the newest, whatever comes. */
  #row: number | undefined;
  /** What the view shows now. */
  #shown: { readonly row: number; readonly channel: string; readonly side: Side } | undefined;

  constructor(recorder: Recorder, host: StateTabHost) {
    this.#recorder = recorder;
    this.#channels = new Select("Channel", () => this.#choose());
    this.#sides = new Select("Side", () => this.#choose());
    this.#slider = element("input", {
      type: "range",
      class: "slider",
      min: 0,
      "aria-label": "Version",
      input: () => this.#go(Number(this.#slider.value)),
    });
    const step = (by: number) => () => this.#go(Number(this.#slider.value) + by);
    this.#link = element("button", {
      type: "button",
      class: "link",
      click: () => this.#shown && host.reveal(this.#shown.row),
    });
    this.target = element(
      "div",
      { class: "state" },
      element(
        "div",
        { class: "bar versions" },
        this.#channels.target,
        this.#sides.target,
        iconButton("before", "Version before", step(-1)),
        this.#slider,
        iconButton("after", "Version after", step(1)),
        this.#said,
        this.#link,
      ),
      element("div", { class: "pane" }, this.#step.target),
    );
  }

  /** Shows the version of its channel that there was after a row. */
  show({ row, channel }: Row): void {
    if (channel === undefined) return;
    this.#fillChannels();
    this.#channels.value = channel;
    this.#fillSides();
    const sides = ["read", "written"] as const;
    const made = sides.find((side) => this.#made(row, channel, side));
    if (made) this.#sides.value = made;
    this.#row = row;
    this.update(this.#base);
  }

  /** Whether a row made a version of one side of a channel. */
  #made(row: number, channel: string, side: Side): boolean {
    const versions = this.#recorder.versions(channel, side);
    return versions.at(versions.indexOf(row))?.row === row;
  }

  /** @param base what times are counted from */
  update(base: number): void {
    this.#base = base;
    this.#fillChannels();
    this.#fillSides();
    const { channel, side, versions } = this;
    const at = this.#row === undefined ? versions.length - 1 : versions.indexOf(this.#row);
    const index = Math.max(0, at);
    const version = versions.at(index);
    this.#slider.disabled = versions.length < 2;
    setAttribute(this.#slider, "max", String(Math.max(0, versions.length - 1)));
    this.#slider.value = String(index);
    this.#name(version, index, versions.length);
    if (channel === undefined || !version) {
      this.#shown = undefined;
      this.#step.show(undefined, "No state is known yet.");
      return;
    }
    const { row } = version;
    const shown = this.#shown;
    if (shown?.row === row && shown.channel === channel && shown.side === side) return;
    this.#shown = { row, channel, side };
    this.#step.show(stepAt(this.#recorder, row, channel, side));
  }

  get channel(): string | undefined {
    return this.#channels.value;
  }

  get side(): Side {
    return this.#sides.value ?? "read";
  }

  get versions(): Versions {
    const { channel } = this;
    return channel === undefined ? NO_VERSIONS : this.#recorder.versions(channel, this.side);
  }

  #name(version: Version | undefined, index: number, length: number): void {
    const row = version && this.#recorder.row(version.row);
    const time = row ? `, at ${momentOf(row.at - this.#base)}` : "";
    const seq = version ? String(version.seq) : "none";
    const place = version ? `step ${countOf(index + 1)} of ${countOf(length)}` : "";
    setText(this.#said, version ? `Version ${seq} · ${place}` : "");
    setAttribute(this.#slider, "aria-valuetext", `Version ${seq}, ${place}${time}`);
    setText(this.#link, version ? `#${version.row}` : "");
    setAttribute(this.#link, "aria-label", version ? `Frame ${version.row}` : "Frame");
    this.#link.hidden = !row;
  }

  #go(index: number): void {
    const { versions } = this;
    const to = Math.max(0, Math.min(index, versions.length - 1));
    // The last one is the newest, and stays that.
    this.#row = to === versions.length - 1 ? undefined : versions.at(to)?.row;
    this.update(this.#base);
  }

  #choose(): void {
    this.#row = undefined;
    this.update(this.#base);
  }

  #fillChannels(): void {
    this.#channels.fill(this.#recorder.channels.map((name) => [name, name]));
  }

  #fillSides(): void {
    const { channel } = this;
    const names = { read: "as read", written: "as written" } as const;
    const sides = (["read", "written"] as const).filter(
      (side) => channel !== undefined && this.#recorder.versions(channel, side).length > 0,
    );
    this.#sides.fill(sides.map((side) => [side, names[side]]));
    this.#sides.target.hidden = sides.length < 2;
  }
}
