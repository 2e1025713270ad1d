// A long text that grows at its end, shown in one of several ways.
import { bindText, connect } from "@deltawire/client";
import { DeltawireProvider, useText } from "@deltawire/react";
import { type ReactNode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Control, parameter, watchTexts } from "./painted.js";

const CHANNEL = "grow";
const MESSAGE = "text";

const root = document.querySelector<HTMLElement>("#root") ?? document.body;
root.style.cssText = "height: 400px; overflow: auto; white-space: pre-wrap; font: 14px monospace";

let heard: (message: string) => void = () => undefined;
const control = new Control((message) => heard(message));

/** The usual way: what comes is put behind what there is, and the whole goes into the state. */
function WholeText({ before }: { readonly before: string }): ReactNode {
  const [text, setText] = useState(before);
  useEffect(() => {
    heard = (delta) => setText((held) => held + delta);
  }, []);
  return text;
}

function Text(): ReactNode {
  return useText(CHANNEL, MESSAGE);
}

const ways: Readonly<Record<string, () => Promise<void>>> = {
  async bindText() {
    bindText(root, connect(parameter("wire")).channel(CHANNEL), MESSAGE);
  },
  async "bindText-node"() {
    const node = root.appendChild(document.createTextNode(""));
    bindText(node, connect(parameter("wire")).channel(CHANNEL), MESSAGE);
  },
  async useText() {
    const wire = connect(parameter("wire"));
    createRoot(root).render(
      <DeltawireProvider wire={wire}>
        <Text />
      </DeltawireProvider>,
    );
  },
  async setState() {
    const before = await (await fetch("/before")).text();
    createRoot(root).render(<WholeText before={before} />);
  },
  /** What it takes to be told, and to make a frame in which nothing has changed but one letter. */
  async nothing() {
    const before = await (await fetch("/before")).text();
    root.append(before);
    const lamp = document.body.appendChild(document.createElement("p"));
    lamp.textContent = "0";
    heard = (delta) => {
      lamp.textContent = String(delta.length % 10);
    };
    watchTexts(lamp, control);
  },
};

const way = parameter("way");
await ways[way]?.();
if (way !== "nothing") watchTexts(root, control);
