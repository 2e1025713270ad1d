/** What the page says to who measures it, and hears from there. */
export class Control {
  readonly #socket: WebSocket;

  /** @param heard is called with each message */
  constructor(heard: (message: string) => void) {
    this.#socket = new WebSocket(parameter("control"));
    this.#socket.onmessage = ({ data }) => heard(String(data));
  }

  /** Says that something is on the screen: after the frame that shows it was made. */
  painted(): void {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => this.#socket.send("painted");
      port2.postMessage(undefined); // a task after this frame
    });
  }
}

/** A parameter of the page's address. @throws Error where it is not there */
export function parameter(name: string): string {
  const value = new URL(location.href).searchParams.get(name);
  if (value === null) throw new Error(`the address of this page lacks ${name}`);
  return value;
}

/** Says so whenever a text on the page has changed. */
export function watchTexts(node: Node, control: Control): void {
  const observer = new MutationObserver(() => control.painted());
  observer.observe(node, { characterData: true, childList: true, subtree: true });
}
