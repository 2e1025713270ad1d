import { Playback } from "../playback.js";
import type { Recording } from "../read-recording.js";
import { Recorder, type TapSource } from "../recorder.js";
import { become, element, iconButton, setText } from "./element.js";
import { countOf } from "./format.js";
import { Select } from "./select.js";

const SPEEDS = [
  ["1", "1×"],
  ["0.1", "0.1×"],
  ["0.25", "¼×"],
  ["4", "4×"],
  ["16", "16×"],
  ["Infinity", "at once"],
] as const;

/** A recording that was opened. */
export interface Opened {
  readonly name: string;
  readonly recording: Recording;
}

/** What a {@link Player} asks for. */
export interface PlayerHost {
  /** This recorder is to be looked at. */
  show(recorder: Recorder): void;
  /** The recording is not wanted any more. */
  close(): void;
}

/** Plays a recording that was opened, as it came or at another speed. */
export class Player {
  readonly target: HTMLElement;
  readonly #opened: Opened;
  readonly #host: PlayerHost;
  readonly #button: HTMLButtonElement;
  readonly #speeds: Select<(typeof SPEEDS)[number][0]>;
  readonly #progress: HTMLProgressElement = element("progress", { "aria-label": "Played" });
  readonly #said: HTMLElement = element("span", { class: "quiet" });
  #playback: Playback | undefined;

  /** @param isAlone whether there is nothing to go back to */
  constructor(opened: Opened, host: PlayerHost, isAlone: boolean) {
    this.#opened = opened;
    this.#host = host;
    this.#button = iconButton("play", "Play", () => this.#toggle());
    this.#speeds = new Select("Speed", () => {
      if (this.#playback?.isPlaying) this.#playback.play(this.#speed);
    });
    this.#speeds.fill(SPEEDS);
    const close = iconButton("close", "Close the recording", () => host.close());
    this.target = element(
      "div",
      { class: "player", role: "group", "aria-label": "Recording" },
      element("strong", { class: "file" }, opened.name),
      this.#button,
      this.#speeds.target,
      this.#progress,
      this.#said,
      isAlone ? undefined : close,
    );
  }

  /** All of it, at once. */
  open(): void {
    this.#show(this.#opened.recording);
    this.update();
  }

  #show(source: TapSource): void {
    // It is in memory already: what was read from a file is not to lose its beginning.
    const maxRows = Math.max(1, this.#opened.recording.events.length);
    this.#host.show(new Recorder(source, { maxRows, maxBytes: Number.MAX_SAFE_INTEGER }));
  }

  /** Says how far it is. */
  update(): void {
    const { recording } = this.#opened;
    const { length } = recording.events;
    const position = this.#playback?.position ?? length;
    const isPlaying = this.#playback?.isPlaying ?? false;
    const name = isPlaying ? "pause" : "play";
    const label = isPlaying ? "Pause" : "Play";
    become(this.#button, name, label);
    this.#progress.max = Math.max(1, length);
    this.#progress.value = position;
    const cut = recording.isCut ? ", its last line is cut off" : "";
    setText(this.#said, `${countOf(position)} of ${countOf(length)}${cut}`);
  }

  stop(): void {
    this.#playback?.pause();
  }

  get #speed(): number {
    return Number(this.#speeds.value ?? 1);
  }

  #toggle(): void {
    const playback = this.#playback;
    if (playback?.isPlaying) playback.pause();
    else if (playback && playback.position < playback.length) playback.play(this.#speed);
    else this.#begin();
    this.update();
  }

  #begin(): void {
    const playback = new Playback(this.#opened.recording);
    this.#playback = playback;
    this.#show(playback);
    playback.play(this.#speed);
  }
}
