import type { JsonValue, Message, ReadChannel } from "@deltawire/client/reader";
import { ChannelText } from "@deltawire/react";
import { memo, type ReactElement, useState } from "react";
import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

interface EntryProps {
  readonly channel: ReadChannel;
  readonly message: Message;
}

/** An entry of a thread; renders when it changes, and not while its text grows. */
export const Entry: (props: EntryProps) => ReactElement | null = memo(({ channel, message }) => {
  const { role, kind, text, status, isFinal } = message;
  if (kind === "tool_call") return <ToolCall channel={channel} message={message} />;
  if (role === "user") {
    return (
      <li className="entry user">
        <h3>You</h3>
        <p>{text}</p>
      </li>
    );
  }
  if (text === "" && status === "completed") return null;
  return (
    <li className="entry assistant" aria-busy={!isFinal}>
      <h3>Agent</h3>
      <Body channel={channel} message={message} />
      <Ending message={message} />
    </li>
  );
}) as (props: EntryProps) => ReactElement | null;

/** Plain while it grows for the first time; Markdown once it is complete, and while it is corrected. */
function Body({ channel, message }: EntryProps): ReactElement {
  const { id, text, isFinal, generation } = message;
  if (isFinal || generation > 0) {
    return (
      <div className="prose">
        <Markdown remarkPlugins={PLUGINS} components={COMPONENTS}>
          {text}
        </Markdown>
      </div>
    );
  }
  return (
    <>
      <ChannelText channel={channel} message={id} className="growing" />
      <span className="caret" role="img" aria-label="Writing" />
    </>
  );
}

const PLUGINS = [remarkGfm];

/** A wide table scrolls; nothing is loaded from elsewhere because an agent wrote its address. */
const COMPONENTS: Components = {
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
    <section className="table" aria-label="Table" tabIndex={0}>
      <table>{children}</table>
    </section>
  ),
  img: ({ alt, src }) => <a href={String(src)}>{alt || String(src)}</a>,
};

function ToolCall({ channel, message }: EntryProps): ReactElement {
  const { id, attributes, status, isFinal } = message;
  const state = textOf(attributes.tool_status) || (isFinal ? "Completed" : "Pending");
  const isWorking = !isFinal && state !== "Completed" && state !== "Failed";
  // Open while something happens, or went wrong; whoever opens or closes it has the last word.
  const [chosen, choose] = useState<boolean>();
  const isOpen = chosen ?? (isWorking || state === "Failed");
  return (
    <li className="entry tool" data-state={state.toLowerCase().replaceAll(" ", "-")}>
      <details open={isOpen} aria-busy={!isFinal}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is a button by itself */}
        <summary
          onClick={(event) => {
            event.preventDefault();
            choose(!isOpen);
          }}
        >
          <h3>{textOf(attributes.tool_name) || "Tool"}</h3>
          <span className="badge">{status === "cancelled" ? "Stopped" : state}</span>
        </summary>
        <Body channel={channel} message={message} />
        <Ending message={message} />
      </details>
      {isWorking && (
        <button
          type="button"
          className="quiet"
          onClick={() => void channel.command("stop", undefined, { message: id }).catch(() => {})}
        >
          Stop this call
        </button>
      )}
    </li>
  );
}

/** How it ended, where that is not well. */
function Ending({
  message: { status, error },
}: {
  readonly message: Message;
}): ReactElement | null {
  if (status === "interrupted") return <p className="ending">Interrupted: its editor is away.</p>;
  if (status === "cancelled") return <p className="ending">Stopped.</p>;
  if (status !== "failed") return null;
  return (
    <p className="ending">Failed: {error?.message ?? error?.code ?? "no reason was given"}.</p>
  );
}

const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
