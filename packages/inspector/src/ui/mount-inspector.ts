import type { Recording } from "../read-recording.js";
import { Recorder, type TapSource } from "../recorder.js";
import { element } from "./element.js";
import { Panel } from "./panel.js";
import { styleSheets } from "./styles.js";

/** How {@link mountInspector} shows what it shows. */
export interface InspectorOptions {
  /** What a recording is called, where one is given. @default "recording" */
  readonly name?: string;
}

/**
 * Puts an inspector into an element, as its last child: it fills the element, and is 300 pixels high
 * where that has no height of its own. In the body it stands at the bottom of the window, where it can
 * be folded. It has a shadow root, with styles that a strict content security policy lets pass, and is
 * light or dark as the page is, or as the reader likes it.
 *
 * @param source what is looked at: a `Wire` of @deltawire/client, which is recorded from now on; a
 *   {@link Recorder} that was begun before, and is the caller's to stop; or a {@link Recording}
 * @returns what takes it away: nothing of it is left, and a wire is not recorded any more
 */
export function mountInspector(
  parent: Element,
  source: TapSource | Recorder | Recording,
  options: InspectorOptions = {},
): () => void {
  const { name = "recording" } = options;
  const host = element("div", { class: "deltawire-inspector" });
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = styleSheets();
  parent.append(host);
  const recording = isRecording(source) ? source : undefined;
  const own = source instanceof Recorder || recording ? undefined : new Recorder(source);
  const panel = new Panel(source instanceof Recorder ? source : own);
  root.append(panel.target);
  // A page that says nothing of color schemes leaves the choice to its reader.
  const follows = getComputedStyle(host).colorScheme === "normal";
  panel.target.classList.toggle("own-scheme", follows);
  if (parent === document.body) {
    host.classList.add("docked");
    panel.dock(host);
  }
  if (recording) panel.open(name, recording);
  return () => {
    panel.stop();
    own?.stop();
    host.remove();
  };
}

function isRecording(source: TapSource | Recorder | Recording): source is Recording {
  return "events" in source;
}
