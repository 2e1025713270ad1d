import type { Part } from "@deltawire/client";
import { lazy, memo, type ReactElement, Suspense } from "react";
import { Reasoning } from "./reasoning.js";
import { toolCallOf } from "./tool-call.js";
import { ToolCard } from "./tool-card.js";

/** A third of all script: the page is there before it. */
const Markdown = lazy(async () => ({ default: (await import("example-markdown")).Markdown }));

/** What it says stands under the viewer's own heading. */
const HEADINGS = { h1: "h3", h2: "h3", h3: "h4", h4: "h5", h5: "h6" } as const;

interface PartViewProps {
  readonly part: Part;
  /** Whether it still grows. */
  readonly isStreaming: boolean;
}

/** One part of a turn; its id begins with what it is. */
export const PartView: (props: PartViewProps) => ReactElement | null = memo(function PartView({
  part,
  isStreaming,
}: PartViewProps): ReactElement | null {
  if (part.kind === "bytes") return null;
  if (part.kind === "json") return <ToolCard call={toolCallOf(part.value)} />;
  if (part.id.startsWith("reasoning")) return <Reasoning text={part.text} />;
  if (part.id.startsWith("code")) {
    return (
      <pre className="code">
        <code>{part.text}</code>
      </pre>
    );
  }
  return (
    <div className="markdown">
      <Suspense fallback={<p>{part.text}</p>}>
        <Markdown text={part.text} streaming={isStreaming} components={HEADINGS} />
      </Suspense>
    </div>
  );
}) as (props: PartViewProps) => ReactElement | null; // a memo's own type cannot be stated in short
