import type { ReadChannel } from "@deltawire/client/reader";
import { useChannel, useStickToEnd } from "@deltawire/react";
import { type ReactElement, useEffect } from "react";
import { Entry } from "./entry.js";
import { PromptBox } from "./prompt-box.js";

/** Entries that a thread begins with; as many more each time that somebody asks. */
const LAST = 100;

/** One thread: what was said, what goes on, and a place to ask. */
export function ThreadView({ id }: { readonly id: string }): ReactElement {
  const view = useChannel<ReadChannel>(`thread/${id}`, { last: LAST });
  const { channel, messages, state, status, error } = view;
  const title = typeof state.attributes.title === "string" ? state.attributes.title : id;
  const isRunning = state.attributes.status === "running";
  const scroller = useStickToEnd<HTMLDivElement>();
  useEffect(() => {
    document.title = `${title} · Agent threads`;
  }, [title]);
  return (
    <main className="thread" aria-busy={status.is === "catching_up"}>
      <header>
        <a className="back" href="#/" aria-label="All threads">
          ←
        </a>
        <h2>{title}</h2>
        <span className="state" role="status">
          {isRunning ? <span className="running">Running</span> : "Idle"}
        </span>
      </header>
      {error && <p role="alert">{error.message}</p>}
      {status.is === "stale" && <p className="stale">Offline: this is how it was.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section className="scroll" ref={scroller} aria-label="Entries" tabIndex={0}>
        <div>
          {state.earlier > 0 && (
            <button type="button" className="earlier" onClick={() => void channel.earlier(LAST)}>
              Earlier entries
            </button>
          )}
          <ol className="entries">
            {messages.map((message) => (
              <Entry key={message.id} channel={channel} message={message} />
            ))}
          </ol>
          {messages.length === 0 && status.is === "live" && (
            <p className="hint">Nothing was written here yet.</p>
          )}
        </div>
      </section>
      <PromptBox channel={channel} isRunning={isRunning} />
    </main>
  );
}
