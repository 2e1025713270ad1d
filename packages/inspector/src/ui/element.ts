/** What an element is made with: attributes, and listeners under their event's name. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | undefined | ((event: Event) => void)>
>;

/** What stands in an element. */
export type Content = Node | string | undefined;

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. An attribute that is `true` stands without a value, `false` and `undefined` leave it
 * out. There are no `style` attributes: a strict content security policy refuses them.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  for (const each of content) if (each !== undefined) made.append(each);
  return made;
}

/** Lines of 16 units, drawn in the colour of the text; for the eye alone. */
const ICONS = {
  follow: "M4 3l4 4 4-4M4 8.5l4 4 4-4",
  clear: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM3.8 3.8l8.4 8.4",
  save: "M8 2v7.5M4.8 6.5 8 9.7l3.2-3.2M2.5 10.5V13.5h11V10.5",
  open: "M8 10V2.5M4.8 5.5 8 2.3l3.2 3.2M2.5 10.5V13.5h11V10.5",
  play: "M4.5 2.8v10.4L13 8Z",
  pause: "M5 3v10M11 3v10",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  fold: "M3 5.5 8 10.5 13 5.5",
  unfold: "M3 10.5 8 5.5 13 10.5",
  before: "M10 3 5 8l5 5",
  after: "M6 3l5 5-5 5",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3 14 14",
  filter: "M2 3.5h12M4.5 8h7M6.5 12.5h3",
  sent: "M8 14V3M4 7l4-4.5L12 7",
  received: "M8 2v11M4 9l4 4.5L12 9",
} as const;

/** The name of an {@link icon}. */
export type IconName = keyof typeof ICONS;

/** A small drawing beside a word, or in a button that has a name. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with a drawing; its name is read aloud and shown when it is pointed at. */
export function iconButton(
  name: IconName,
  label: string,
  click: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const named = { type: "button", class: "icon-button", title: label, "aria-label": label };
  return element("button", { ...named, ...attributes, click }, icon(name));
}

/** Makes a button of {@link iconButton} another one; it stays where it is, with the focus. */
export function become(button: HTMLButtonElement, name: IconName, label: string): void {
  if (button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.replaceChildren(icon(name));
}

/** Sets an attribute where it differs: an attribute that stays costs no restyling. */
export function setAttribute(target: Element, name: string, value: string | undefined): void {
  if (value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** Sets the text of an element that holds nothing else, where it differs. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** The element that has the focus, in the shadow root that this one stands in. */
export function activeBeside(target: Node): Element | null {
  const root = target.getRootNode();
  return root instanceof ShadowRoot ? root.activeElement : null;
}

/** Tells of a pointer that is down, wherever it moves, until it is let go. */
export function onDrag(
  target: HTMLElement,
  { pointerId }: PointerEvent,
  moved: (event: PointerEvent) => void,
): void {
  const ended = new AbortController();
  const { signal } = ended;
  target.setPointerCapture(pointerId);
  target.addEventListener("pointermove", moved, { signal });
  target.addEventListener("pointerup", () => ended.abort(), { signal });
  target.addEventListener("pointercancel", () => ended.abort(), { signal });
}
