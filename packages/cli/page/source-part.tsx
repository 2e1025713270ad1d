import type { Part } from "@deltawire/client";
import { memo, type ReactElement } from "react";
import { toolCallOf } from "./tool-call.js";

interface SourcePartProps {
  readonly part: Part;
}

/** A part as it is written: Markdown to the letter, a tool call in a line or two. */
export const SourcePart: (props: SourcePartProps) => ReactElement = memo(function SourcePart({
  part,
}: SourcePartProps): ReactElement {
  const call = part.kind === "json" ? toolCallOf(part.value) : undefined;
  return (
    <div className="source-part" data-kind={part.kind}>
      <span className="part-id">{part.id}</span>
      <pre>
        {part.kind === "text" ? part.text : null}
        {call ? `${call.name} ${call.arguments ?? call.code ?? ""}\n→ ${call.status}` : null}
      </pre>
    </div>
  );
}) as (props: SourcePartProps) => ReactElement; // a memo's own type cannot be stated in short
