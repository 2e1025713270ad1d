import type { Message } from "@deltawire/client";
import { memo, type ReactElement } from "react";
import { PartView } from "./part-view.js";

interface MessageViewProps {
  readonly message: Message;
}

/** An agent's turn: texts as Markdown, tool calls as cards, reasoning folded. */
export const MessageView: (props: MessageViewProps) => ReactElement = memo(function MessageView({
  message,
}: MessageViewProps): ReactElement {
  const isStreaming = message.status === "streaming";
  return (
    <div className="message" data-status={message.status}>
      {message.parts.map((part, i) => (
        <PartView
          key={part.id}
          part={part}
          isStreaming={isStreaming && i === message.parts.length - 1}
        />
      ))}
      {message.status === "interrupted" ? (
        <p className="aside">The editor is away; it may come back and go on.</p>
      ) : null}
      {message.status === "cancelled" ? <p className="aside">Stopped here.</p> : null}
    </div>
  );
}) as (props: MessageViewProps) => ReactElement; // a memo's own type cannot be stated in short
