import type { Recorder } from "../recorder.js";
import type { Row } from "../row.js";
import { element, iconButton, setText } from "./element.js";
import { bytesOf, durationOf, momentOf, plural } from "./format.js";
import { REASONS } from "./reasons.js";
import { stepAt } from "./step.js";
import { StepView } from "./step-view.js";
import { Tabs } from "./tabs.js";
import type { TreeNode } from "./tree-node.js";
import { TreeView } from "./tree-view.js";
import { bytesBlocks, fieldNodes, textBlocks, valueNode } from "./value-nodes.js";

/** Pixels below which a line of 16 bytes does not fit. */
const NARROW = 580;

/** What a {@link Detail} asks for. */
export interface DetailHost {
  /** Another row is to be looked at; undefined for none. */
  select(row: number | undefined): void;
  /** The reader wants to go through the versions, from that of a row. */
  versions(row: Row): void;
}

/** Everything of the row that is looked at: decoded, raw, and what it did to the state. */
export class Detail {
  readonly target: HTMLElement;
  readonly #recorder: Recorder;
  readonly #host: DetailHost;
  readonly #title: HTMLElement = element("div", { class: "title" });
  readonly #facts: HTMLElement = element("dl", { class: "facts" });
  readonly #frame = new TreeView("Frame");
  readonly #raw = new TreeView("Raw message");
  readonly #step = new StepView();
  readonly #tabs: Tabs<"decoded" | "raw" | "state">;
  readonly #versions: HTMLElement;
  #row: Row | undefined;
  #base = 0;

  constructor(recorder: Recorder, host: DetailHost) {
    this.#recorder = recorder;
    this.#host = host;
    const decoded = element("div", { class: "pane" }, this.#facts, this.#frame.target);
    const raw = element("div", { class: "pane raw" }, this.#raw.target);
    const versions = () => this.#row && host.versions(this.#row);
    const all = element(
      "button",
      { type: "button", class: "link", click: versions },
      "All versions",
    );
    this.#versions = all;
    const state = element("div", { class: "pane" }, all, this.#step.target);
    this.#tabs = new Tabs(
      "Frame",
      [
        { name: "decoded", label: "Decoded", panel: decoded },
        { name: "raw", label: "Raw", panel: raw },
        { name: "state", label: "State", panel: state },
      ],
      () => this.#fill(),
    );
    const close = iconButton("close", "Close details", () => host.select(undefined));
    this.target = element(
      "section",
      { class: "detail", "aria-label": "Details of the frame", hidden: true },
      element("div", { class: "bar" }, this.#tabs.list, this.#title, close),
      decoded,
      raw,
      state,
    );
    this.target.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      host.select(undefined);
    });
  }

  /** @param base what times are counted from */
  show(row: Row | undefined, base: number): void {
    this.#row = row;
    this.#base = base;
    this.target.hidden = row === undefined;
    this.#fill();
  }

  focus(): void {
    const tab = this.#tabs.list.querySelector<HTMLElement>('[aria-selected="true"]');
    tab?.focus();
  }

  /** Only what is seen is made. */
  #fill(): void {
    const row = this.#row;
    if (!row) return;
    setText(this.#title, `${row.kind} #${row.row}`);
    switch (this.#tabs.name) {
      case "decoded":
        this.#facts.replaceChildren(...this.#factsOf(row));
        this.#frame.show(decodedNodes(row));
        break;
      case "raw":
        this.#raw.show(rawNodes(row, this.target.clientWidth < NARROW));
        break;
      case "state":
        this.#versions.hidden = row.channel === undefined;
        if (row.channel === undefined) this.#step.show(undefined, "It concerns no channel.");
        else this.#step.show(stepAt(this.#recorder, row.row));
    }
  }

  #factsOf(row: Row): HTMLElement[] {
    const facts: [string, string | Node][] = [["At", momentOf(row.at - this.#base)]];
    if (row.connection > 0) facts.push(["Connection", String(row.connection)]);
    if (row.direction !== "none") {
      const content = row.content > 0 ? `, ${bytesOf(row.content)} of it content` : "";
      facts.push([row.direction === "sent" ? "Sent" : "Received", bytesOf(row.size) + content]);
    }
    if (row.channel !== undefined) facts.push(["Channel", row.channel]);
    if (row.reason !== undefined) {
      const { label, meaning, tone } = REASONS[row.reason];
      const tag = element("span", { class: `tag ${tone}` }, label);
      facts.push(["Reason", element("span", {}, tag, ` ${meaning}`)]);
    }
    const { answers, latency } = row;
    if (answers !== undefined && latency !== undefined) {
      const click = () => this.#host.select(answers);
      const link = element("button", { type: "button", class: "link", click }, `#${answers}`);
      facts.push(["Answers", element("span", {}, link, ` after ${durationOf(latency)}`)]);
    }
    return facts.map(([name, value]) =>
      element("div", { class: "fact" }, element("dt", {}, name), element("dd", {}, value)),
    );
  }
}

function decodedNodes({ frame, event }: Row): readonly TreeNode[] {
  if (frame) return fieldNodes(frame);
  switch (event.type) {
    case "channel":
      return [
        { name: "channel", value: event.channel, tone: "word" },
        { name: "seq", value: String(event.state.seq), tone: "number" },
        { name: "messages", value: plural(event.state.messages.length, "message") },
      ];
    case "message":
      if (event.error) return [errorNode(event.error)];
      return [{ name: "", value: "Names the channel of the frames that follow it." }];
    case "lost": {
      const { error, code, transport } = event;
      return [valueNode("transport", transport), valueNode("code", code), errorNode(error)];
    }
    default:
      return [valueNode("transport", event.transport)];
  }
}

function errorNode(error: { readonly code: string; readonly message: string }): TreeNode {
  return valueNode("error", { code: error.code, message: error.message }, true);
}

function rawNodes({ event }: Row, isNarrow: boolean): readonly TreeNode[] {
  if (event.type !== "message") return [{ name: "", value: "Nothing crossed the wire here." }];
  const { message } = event;
  return typeof message === "string"
    ? textBlocks(message)
    : bytesBlocks(message, isNarrow ? 8 : 16);
}
