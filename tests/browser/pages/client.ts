import { bindText, type Channel, connect, type TapEvent, type Wire } from "@deltawire/client";

/** A reader of one channel, on the page. */
const app = {
  wire: undefined as unknown as Wire, // set before anybody is told of it
  channel: undefined as unknown as Channel,
  /** What passed, in words. */
  passed: [] as string[],
  /** Changes of the document. */
  updates: 0,

  /** Blocks the page's thread, like a script that is busy. */
  block(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },

  /** Waits for no other attempt, as who taps "retry" all the time. */
  hurry(): void {
    setInterval(() => app.wire.retry(), 50);
  },

  /** Binds and unbinds, and subscribes, as an application does that comes and goes. */
  churn(times: number): void {
    for (let i = 0; i < times; i++) {
      const element = document.createElement("div");
      const stop = bindText(element, app.channel, "m");
      const leave = app.channel.subscribe(() => undefined);
      const untap = app.wire.tap(() => undefined);
      stop();
      leave();
      untap();
    }
  },
};

/** What {@link app} is to who calls it from outside of the page. */
export type App = typeof app;

const query = new URLSearchParams(location.search);
const get = (name: string): string => query.get(name) ?? "";
const isWatched = query.has("watch");
app.wire = connect(get("server"));
app.channel = app.wire.channel(get("channel"));
if (isWatched) app.wire.tap((event) => app.passed.push(brief(event)));
const root = document.getElementById("root");
if (!root) throw new Error("no root");
new MutationObserver(() => {
  app.updates += 1;
}).observe(root, { characterData: true, childList: true, subtree: true });
bindText(root, app.channel, "m");
document.body.append(statusLine());
Object.assign(window, { app });

function brief(event: TapEvent): string {
  if (event.type === "message") return `${event.direction} ${event.frame?.type}`;
  return event.type === "opened" ? `opened ${event.transport}` : event.type;
}

function statusLine(): Element {
  const line = document.createElement("p");
  line.id = "status";
  const show = () => {
    line.textContent = app.wire.status.is;
  };
  app.wire.subscribe(show);
  show();
  return line;
}
