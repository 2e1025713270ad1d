import { type ComponentProps, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { Markdown } from "../../../examples/markdown/main.js";

/** What a test does with the page, and what it reads. */
declare global {
  var show: (text: string, streaming?: boolean) => void;
  /** How often paragraphs were rendered since it was set. */
  var renders: number;
}

function Paragraph({ children }: ComponentProps<"p">) {
  globalThis.renders += 1;
  return <p>{children}</p>;
}

const components = { p: Paragraph };

function Page() {
  const [shown, setShown] = useState({ text: "", streaming: true });
  globalThis.show = (text, streaming = true) => flushSync(() => setShown({ text, streaming }));
  return <Markdown {...shown} components={components} />;
}

globalThis.renders = 0;
createRoot(document.querySelector("#root") as Element).render(<Page />);
