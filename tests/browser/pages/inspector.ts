import { connect, type Wire } from "@deltawire/client";
import { mountInspector, Recorder, type TapSource } from "@deltawire/inspector";
import { Traffic } from "./inspector-traffic.js";

/** A row of the timeline, as it is on screen. */
export interface ShownRow {
  readonly row: number;
  readonly index: number;
  readonly cells: readonly string[];
  /** Pixels from the top of the page. */
  readonly top: number;
}

/** What a test does in the page. */
export interface InspectorLab {
  recorder: Recorder | undefined;
  wire: Wire | undefined;
  stop: () => void;
  /** Who listens to the wire now. */
  taps: number;
  /** What the page's window and document are listened to for, since it was loaded. */
  readonly listened: string[];
  /** Tasks of 50 ms and more since the last look, in milliseconds. */
  readonly longTasks: number[];
  /** Reads a channel over a wire, and mounts an inspector over it. */
  live(url: string, channel: string, codec?: "json" | "msgpack"): void;
  /** Mounts an inspector over so many rows that are made up. */
  many(rows: number): void;
  /** Mounts an inspector over the same rows at the bottom of the window. */
  dock(): void;
  /** Adds so many. */
  more(rows: number): void;
  /** Mounts an inspector over what the wire says from now on. */
  mount(): void;
  /** The rows that are seen, not those a little beyond. */
  shown(): ShownRow[];
  /** Elements in the inspector. */
  elements(): number;
  /** Scrolls to a part of the way, 0 to 1. */
  scroll(part: number): Promise<void>;
}

// Nothing inline, and nothing from elsewhere, is let pass from here on.
const policy = document.createElement("meta");
policy.httpEquiv = "content-security-policy";
policy.content =
  "default-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:*";
document.head.append(policy);

const root = document.querySelector("#root") ?? document.body;
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  `html, body { margin: 0; height: 100% }
  #root { height: 100%; overflow: hidden; display: grid; grid-template-rows: auto minmax(0, 1fr) }
  h1 { margin: 0; font: 8px/10px sans-serif }`,
);
document.adoptedStyleSheets = [sheet];

const listened: string[] = [];
for (const target of [window, document]) {
  const add = target.addEventListener.bind(target);
  target.addEventListener = (type: string, ...rest: [EventListener]) => {
    listened.push(type);
    add(type, ...rest);
  };
}
const longTasks: number[] = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longTasks.push(Math.round(duration));
}).observe({ entryTypes: ["longtask"] });

const events = new Traffic().events();
const shadow = () => document.querySelector(".deltawire-inspector")?.shadowRoot;
const grid = () => shadow()?.querySelector<HTMLElement>("[role=grid]");

const lab: InspectorLab = {
  recorder: undefined,
  wire: undefined,
  stop: () => undefined,
  taps: 0,
  listened,
  longTasks,
  live(url, channel, codec = "msgpack") {
    lab.wire = connect(url, { codec, transport: "websocket" });
    lab.mount();
    lab.wire.channel(channel).subscribe(() => undefined);
  },
  mount() {
    const { wire } = lab;
    if (!wire) return;
    const source: TapSource = {
      tap(listener) {
        lab.taps += 1;
        const stop = wire.tap(listener);
        return () => {
          lab.taps -= 1;
          stop();
        };
      },
    };
    lab.stop = mountInspector(root, source);
  },
  many(rows) {
    lab.recorder = new Recorder();
    lab.more(rows);
    lab.stop = mountInspector(root, lab.recorder);
  },
  dock() {
    lab.stop();
    if (lab.recorder) lab.stop = mountInspector(document.body, lab.recorder);
  },
  more(rows) {
    for (let i = 0; i < rows; i++) {
      const { value } = events.next();
      if (value) lab.recorder?.take(value);
    }
  },
  shown() {
    const target = grid();
    const head = target?.querySelector(".head")?.getBoundingClientRect().bottom ?? 0;
    const end = target?.getBoundingClientRect().bottom ?? 0;
    const rows: ShownRow[] = [];
    for (const line of target?.querySelectorAll(".row") ?? []) {
      const { top, bottom } = line.getBoundingClientRect();
      if (top < head - 1 || bottom > end + 1) continue;
      const cells = [...line.children].map((cell) => cell.textContent ?? "");
      const index = Number(line.getAttribute("aria-rowindex"));
      rows.push({ row: Number(line.id.slice(4)), index, cells, top });
    }
    return rows;
  },
  elements: () => shadow()?.querySelectorAll("*").length ?? 0,
  async scroll(part) {
    const target = grid();
    if (!target) return;
    target.scrollTop = part * (target.scrollHeight - target.clientHeight);
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  },
};

Object.assign(globalThis, { lab });
