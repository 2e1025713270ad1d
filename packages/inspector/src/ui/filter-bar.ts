import type { Recorder } from "../recorder.js";
import type { Reason, RowKind } from "../row.js";
import { element, icon } from "./element.js";
import type { Filter } from "./filter.js";
import { KindFilter } from "./kind-filter.js";
import { REASONS } from "./reasons.js";
import { Select } from "./select.js";

/** Search and filters, which stand in the toolbar. */
export class FilterBar {
  readonly target: HTMLElement;
  readonly #recorder: Recorder;
  readonly #search: HTMLInputElement;
  readonly #channels: Select<string>;
  readonly #directions: Select<"all" | "received" | "sent">;
  readonly #reasons: Select<Reason | "all">;
  readonly #kinds: KindFilter;

  /** @param changed is told when the reader wants to see other rows */
  constructor(recorder: Recorder, changed: () => void) {
    this.#recorder = recorder;
    this.#search = element("input", {
      type: "search",
      class: "search",
      placeholder: "Search frames",
      "aria-label": "Search frames",
      autocomplete: "off",
      spellcheck: "false",
      input: changed,
    });
    this.#channels = new Select("Channel", changed);
    this.#directions = new Select("Direction", changed);
    this.#directions.fill([
      ["all", "↑↓ both ways"],
      ["received", "↓ received"],
      ["sent", "↑ sent"],
    ]);
    this.#reasons = new Select("Reason", changed);
    const reasons = Object.entries(REASONS) as [Reason, (typeof REASONS)[Reason]][]; // its own keys
    this.#reasons.fill([
      ["all", "Any reason"],
      ...reasons.map(([reason, { label }]) => [reason, label] as const),
    ]);
    this.#kinds = new KindFilter(changed, () => this.fill());
    this.target = element(
      "div",
      { class: "filters", role: "group", "aria-label": "Filters" },
      element("label", { class: "search-box" }, icon("search"), this.#search),
      this.#channels.target,
      this.#directions.target,
      this.#reasons.target,
      this.#kinds.target,
    );
    this.fill();
  }

  /** What is to be seen. */
  get filter(): Filter {
    const channel = this.#channels.value;
    const direction = this.#directions.value;
    const reason = this.#reasons.value;
    return {
      channel: channel === "" ? undefined : channel,
      direction: direction === "all" ? undefined : direction,
      reason: reason === "all" ? undefined : reason,
      hidden: this.#kinds.hidden,
      search: this.#search.value,
    };
  }

  /** Offers the channels and kinds that there are now. */
  fill(): void {
    const { channels } = this.#recorder;
    const named = channels.map((name) => [name, name] as const);
    this.#channels.fill([["", "All channels"], ...named]);
    const counts = new Map<RowKind, number>();
    const totals = this.#recorder.totals();
    for (const flow of [totals?.received, totals?.sent]) {
      for (const [kind, { frames }] of flow?.kinds ?? []) {
        counts.set(kind, (counts.get(kind) ?? 0) + frames);
      }
    }
    this.#kinds.fill(counts);
  }

  /** Lets everything pass; the one who asks knows. */
  reset(): void {
    this.#search.value = "";
    this.#channels.value = "";
    this.#directions.value = "all";
    this.#reasons.value = "all";
    this.#kinds.reset();
  }

  /** Closes the list of kinds where a click is elsewhere. */
  clicked(event: Event): void {
    this.#kinds.clicked(event);
  }
}
