import type { Recorder } from "../recorder.js";
import type { RowKind } from "../row.js";
import type { Flow, Totals } from "../tally.js";
import { activeBeside, element } from "./element.js";
import { bytesOf, countOf } from "./format.js";

/** Channels that have a line of their own. */
const MAX_LINES = 500;

const HEADS = [
  ["Channel", "Everything that concerned it, both ways"],
  ["↓ frames", "Frames received here"],
  ["↓ bytes", "Bytes received here, on the wire"],
  ["↑ frames", "Frames sent from here"],
  ["↑ bytes", "Bytes sent from here, on the wire"],
  ["Content", "Bytes of content in them: UTF-8 of texts and JSON values, and bytes parts"],
  ["Overhead", "Bytes beyond the content; below 0 where compression saves more than that"],
  ["Joins", "How often it was asked for from nothing"],
  ["Repairs", "How often it was asked for anew, since something was missing or wrong"],
  ["Resets", "How often its state was replaced whole, but for the first one"],
  ["Ignored", "Frames that changed nothing"],
] as const;

/** What there was of each channel, and of each kind of frame. */
export class TotalsTab {
  readonly target: HTMLElement;
  readonly #recorder: Recorder;
  readonly #body: HTMLElement = element("tbody");
  /** Channels whose kinds are shown; "" for everything. */
  readonly #opened = new Set<string>([""]);

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    const heads = HEADS.map(([label, title], i) =>
      element("th", { scope: "col", title, class: i === 0 ? "first" : "number" }, label),
    );
    const table = element(
      "table",
      { class: "totals" },
      element("caption", { class: "unseen" }, "Totals of each channel since the recording began"),
      element("thead", {}, element("tr", {}, ...heads)),
      this.#body,
    );
    const label = "Totals of each channel";
    this.target = element("div", { class: "scroll", tabindex: 0, "aria-label": label }, table);
  }

  update(): void {
    const rows: HTMLElement[] = [];
    const all = this.#recorder.totals();
    if (all) rows.push(...this.#lines("", "Everything", all));
    const { channels } = this.#recorder;
    for (const name of channels.slice(0, MAX_LINES)) {
      const totals = this.#recorder.totals(name);
      if (totals) rows.push(...this.#lines(name, name, totals));
    }
    if (channels.length > MAX_LINES) {
      const more = `${countOf(channels.length - MAX_LINES)} more channels`;
      rows.push(element("tr", {}, element("td", { colspan: HEADS.length }, more)));
    }
    const focused = this.#focused();
    this.#body.replaceChildren(...rows);
    if (focused === undefined) return;
    for (const button of this.#body.querySelectorAll("button")) {
      if (button.dataset.channel === focused) button.focus();
    }
  }

  /** The channel whose button has the focus. */
  #focused(): string | undefined {
    const active = activeBeside(this.target);
    return active instanceof HTMLElement ? active.dataset.channel : undefined;
  }

  #lines(key: string, label: string, totals: Totals): HTMLElement[] {
    const { sent, received, overhead, joins, repairs, resets, ignored } = totals;
    const isOpen = this.#opened.has(key);
    const click = () => {
      if (!this.#opened.delete(key)) this.#opened.add(key);
      this.update();
    };
    const button = element(
      "button",
      { type: "button", class: "disclose", "aria-expanded": String(isOpen), click },
      label,
    );
    button.dataset.channel = key;
    const head = element("th", { scope: "row", class: "first" }, button);
    const content = sent.content + received.content;
    const values = [...flowOf(received), ...flowOf(sent), bytesOf(content), signed(overhead)];
    const counts = [joins, repairs, resets, ignored].map(countOf);
    const line = element(
      "tr",
      { class: key === "" ? "all" : undefined },
      head,
      ...cells([...values, ...counts]),
    );
    return isOpen ? [line, ...kindLines(totals)] : [line];
  }
}

function kindLines({ sent, received }: Totals): HTMLElement[] {
  const kinds = new Set([...received.kinds.keys(), ...sent.kinds.keys()]);
  const weight = (kind: RowKind) =>
    (received.kinds.get(kind)?.bytes ?? 0) + (sent.kinds.get(kind)?.bytes ?? 0);
  return [...kinds]
    .sort((a, b) => weight(b) - weight(a))
    .map((kind) => {
      const head = element("th", { scope: "row", class: "first kind" }, kind);
      const values = [...flowOf(received.kinds.get(kind)), ...flowOf(sent.kinds.get(kind))];
      const rest = HEADS.slice(5).map(() => "");
      return element("tr", { class: "kinds" }, head, ...cells([...values, ...rest]));
    });
}

function flowOf(flow: Pick<Flow, "frames" | "bytes"> | undefined): [string, string] {
  return flow ? [countOf(flow.frames), bytesOf(flow.bytes)] : ["", ""];
}

function cells(values: readonly string[]): HTMLElement[] {
  return values.map((value) => element("td", { class: "number" }, value));
}

const signed = (bytes: number): string => (bytes < 0 ? `−${bytesOf(-bytes)}` : bytesOf(bytes));
