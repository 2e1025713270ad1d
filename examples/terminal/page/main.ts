import { connect, DeltawireError, followBytes } from "@deltawire/client";
import { Keys } from "./keys.js";
import { type Size, View } from "./view.js";

/** What the terminal says of itself: the attributes of its channel. */
interface Terminal {
  readonly size?: Size;
  readonly title?: string;
  readonly people?: Readonly<Record<string, string>>;
  readonly controller?: string | null;
  readonly asking?: readonly string[];
}

const element = (id: string) => document.getElementById(id) as HTMLElement; // they are in the page

// This tab's secret: the same when the page is loaded again.
const token = sessionStorage.secret ?? crypto.randomUUID() + crypto.randomUUID();
sessionStorage.secret = token;
const name = new URLSearchParams(location.search).get("name") ?? "";
/** What the server calls who has that secret. */
let own = "";

const wire = connect("/wire", { token, throttle: 0 });
const shell = wire.channel("terminal/main");
const now = (): Terminal => shell.state.attributes;
const isMine = () => now().controller === own;

const note = (what: string) => {
  element("note").textContent = what;
  element("note").hidden = what === "";
};
const refused = (error: unknown) =>
  note(error instanceof DeltawireError ? error.message : String(error));
const keys = new Keys(shell, refused);

const view = new View(document.querySelector("main") as HTMLElement, element("terminal"), () => {
  const part = shell.state.message("shell")?.part("output");
  return part?.kind === "bytes" ? [part.base, part.bytes] : [];
});
const { terminal } = view;
terminal.onData((typed) => keys.type(typed));
terminal.onBinary((binary) => keys.type({ binary }));
terminal.attachCustomKeyEventHandler(({ type, key }) => {
  const isTyped = key.length === 1 || key === "Enter";
  if (!isMine() && type === "keydown" && isTyped)
    note("You are watching: ask for the keyboard to type.");
  return true;
});

/** Columns and rows as the terminal has them. */
function resize(): void {
  const { size } = now();
  if (size) view.resize(size);
}

/** Who has the keyboard says how large the terminal is. */
let asked: Size | undefined;
function fit(): void {
  if (!isMine()) asked = undefined;
  else {
    const room = view.room();
    if (room.cols === asked?.cols && room.rows === asked.rows) return;
    asked = room;
    shell.command("resize", { ...room }).catch(refused);
  }
}

/** Whoever is here has a message open, which ends with his connection. */
async function join(): Promise<void> {
  try {
    const id = String(await shell.command("join", name));
    if (own === "") wire.channel(`here/${id}`).write(crypto.randomUUID(), { role: "viewer" });
    own = id;
    update(); // it may be his already: the page was loaded again
  } catch (error) {
    refused(error);
  }
}

const hand = (to: string | null) => {
  shell.command("control", to).then(() => note(""), refused);
  terminal.focus();
};

function button(label: string, press: () => void, className = ""): HTMLButtonElement {
  const made = Object.assign(document.createElement("button"), { textContent: label, className });
  made.addEventListener("click", press);
  return made;
}

function actions(): HTMLButtonElement[] {
  const { controller = null, asking = [], people = {} } = now();
  if (!people[own]) return [];
  if (controller === null) return [button("Take the keyboard", () => hand(own))];
  if (controller === own) {
    const givings = asking.map((id) => button(`Give it to ${people[id]}`, () => hand(id)));
    return [...givings, button("Let go", () => hand(null), "quiet")];
  }
  if (!asking.includes(own)) return [button("Ask for the keyboard", () => hand(own))];
  const waiting = button("You have asked for it", () => undefined, "quiet");
  waiting.disabled = true;
  return [waiting];
}

let drawn = "";
let wasLive = false;
function update(): void {
  const { people = {}, controller = null, title = "" } = now();
  const isLive = shell.status.is === "live";
  if (wasLive && !isLive) keys.drop();
  if (!wasLive && isLive) {
    note("");
    void join();
  }
  wasLive = isLive;
  const others = Object.keys(people).length - (controller === null ? 0 : 1);
  const typist = controller === own ? "You have" : `${people[controller ?? ""] ?? "Nobody"} has`;
  const heading = title || "Shared terminal";
  const who = `${typist} the keyboard, ${others} watching`;
  const key = JSON.stringify([own, shell.status.is, who, heading, now()]);
  if (key !== drawn) {
    drawn = key;
    element("status").textContent = shell.status.is.replace("_", " ");
    element("status").dataset.is = shell.status.is;
    element("who").textContent = who;
    document.title = heading;
    (document.querySelector("h1") as HTMLElement).textContent = heading;
    element("actions").replaceChildren(...actions());
    document.body.toggleAttribute("data-mine", isMine());
    terminal.options.disableStdin = !isMine() || !isLive;
    resize();
    view.fit(isMine());
    fit();
  }
  if (shell.error) note(shell.error.message);
}

new ResizeObserver(() => {
  view.fit(isMine());
  fit();
}).observe(document.querySelector("main") as HTMLElement);

shell.subscribe(update);
followBytes(shell, "shell", "output", (change) => {
  resize(); // what was printed is for this size
  if (change.type === "appended") view.draw(change.bytes);
  else view.show();
});
