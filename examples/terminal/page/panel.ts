import type { Attendance } from "../control.js";

/** What the panel above the terminal says. */
export interface PanelState extends Attendance {
  /** Who looks at it. */
  readonly own: string;
  /** Of the connection. */
  readonly status: string;
}

const element = (id: string) => document.getElementById(id) as HTMLElement; // they are in the page

/** Draws who has the keyboard, and what can be done about it. @param hand who is to have it */
export function drawPanel(state: PanelState, hand: (to: string | null) => void): void {
  const { own, status, people, controller } = state;
  const others = Object.keys(people).length - (controller === null ? 0 : 1);
  const typist = controller === own ? "You have" : `${people[controller ?? ""] ?? "Nobody"} has`;
  element("status").textContent = status.replace("_", " ");
  element("status").dataset.is = status;
  element("who").textContent = `${typist} the keyboard, ${others} watching`;
  document.body.toggleAttribute("data-mine", controller === own);
  element("actions").replaceChildren(...actions(state, hand));
}

function actions(
  { own, people, controller, asking }: PanelState,
  hand: (to: string | null) => void,
): HTMLButtonElement[] {
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

function button(label: string, press: () => void, className = ""): HTMLButtonElement {
  const made = Object.assign(document.createElement("button"), { textContent: label, className });
  made.addEventListener("click", press);
  return made;
}

/** What the program calls what it does. */
export function drawTitle(title: string): void {
  element("title").textContent = document.title = title || "Shared terminal";
}

/** Says what went wrong; nothing where it is over. */
export function note(what: string): void {
  element("note").textContent = what;
  element("note").hidden = what === "";
}
