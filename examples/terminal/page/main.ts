import { connect, DeltawireError, followBytes, select } from "@deltawire/client";
import type { Attendance } from "../control.js";
import type { Size } from "../shell.js";
import { Keys, typedBytes } from "./keys.js";
import { drawPanel, drawTitle, note } from "./panel.js";
import { View } from "./view.js";

/** What the terminal says of itself: the attributes of its channel, once they are there. */
interface Attributes extends Partial<Attendance> {
  readonly size?: Size;
}

// This tab's secret: the same when the page is loaded again.
const token = sessionStorage.secret ?? crypto.randomUUID() + crypto.randomUUID();
sessionStorage.secret = token;
const name = new URLSearchParams(location.search).get("name") ?? "";
/** What the server calls who has that secret. */
let own = "";

const wire = connect("/wire", { token, throttle: 0 });
// Whoever is here has a message open, which ends with his connection.
const here = crypto.randomUUID();
wire.channel("here").write(here, { role: "presence", attributes: { name } });
const shell = wire.channel("terminal/main");
const now = (): Attributes => shell.state.attributes;
const isMine = () => own !== "" && now().controller === own;

const UNREAD = "The program does not read what is typed: the rest of it is left out.";
const refused = (error: unknown) => {
  const { code, message } = error instanceof DeltawireError ? error : { message: String(error) };
  note(code === "timeout" ? UNREAD : message);
};
const keys = new Keys(shell, refused);

const view = new View(() => {
  const part = shell.state.message("shell")?.part("output");
  return part?.kind === "bytes" ? [part.base, part.bytes] : [];
});
const { terminal } = view;
terminal.onData((typed) => keys.type(typedBytes(typed)));
terminal.onTitleChange(drawTitle);
terminal.onBinary((bytes) => keys.type(bytes));
terminal.attachCustomKeyEventHandler(({ type, key }) => {
  const isTyped = type === "keydown" && (key.length === 1 || key === "Enter");
  if (isTyped && !isMine()) note("You are watching: ask for the keyboard to type.");
  return true;
});

const hand = (to: string | null) => {
  shell.command("control", to).then(() => note(""), refused);
  terminal.focus();
};

/** Who has the keyboard says how large the terminal is; all others see it whole. */
let asked = "";
function fit(): void {
  view.resize(now().size);
  view.fit(isMine());
  const room = view.room();
  const wanted = isMine() ? `${room.cols}x${room.rows}` : "";
  if (wanted !== "" && wanted !== asked) shell.command("resize", { ...room }).catch(refused);
  asked = wanted;
}

const connection = select(shell, ({ status }) => status.is);
const about = select(shell, ({ state }) => state.attributes);
function update(): void {
  const status = connection.get();
  const { people = {}, controller = null, asking = [] } = now();
  drawPanel({ own, status, people, controller, asking }, hand);
  terminal.options.disableStdin = !isMine() || status !== "live";
  fit();
}
about.subscribe(update);
connection.subscribe(() => {
  keys.drop(); // nobody knows what was done, and who has the shell by now
  note(shell.error?.message ?? "");
  update();
  if (connection.get() !== "live") return;
  const joined = shell.command("join", here);
  joined.then((id) => {
    own = String(id);
    update();
  }, refused);
});

new ResizeObserver(fit).observe(view.box);
followBytes(shell, "shell", "output", (change) => {
  view.resize(now().size); // what was printed is for this size
  if (change.type === "appended") view.draw(change.bytes);
  else view.show();
});
