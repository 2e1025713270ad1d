import { useChannel } from "@deltawire/react";
import { type ReactElement, useId } from "react";
import { MessageView } from "./message-view.js";
import { NOTE } from "./note-writer.js";
import { bytes, whole } from "./quantity.js";
import { ScrollRegion } from "./scroll-region.js";
import { StatusPill } from "./status-pill.js";
import { useReport, useSession } from "./use-session.js";
import { useStore } from "./use-store.js";
import { VerdictMark } from "./verdict-mark.js";
import { CHANNEL, type Viewer } from "./viewer.js";
import { ViewerControls } from "./viewer-controls.js";

/** One of those who watch: what it holds, how it is, and what that has cost. */
export function ViewerCard({ viewer }: { readonly viewer: Viewer }): ReactElement {
  const { history } = useSession();
  const wire = useStore(viewer.wire);
  const { state, status } = useChannel(wire.channel(CHANNEL));
  const report = useReport();
  const title = useId();
  const turns = state.messages.filter(({ id }) => id !== NOTE);
  const note = state.message(NOTE);
  const line = report?.viewers.find(({ name }) => name === viewer.name);
  return (
    <article className="card viewer" aria-labelledby={title} data-viewer={viewer.kind}>
      <header>
        <h2 id={title}>{viewer.title}</h2>
        <span className="way">{viewer.way}</span>
        <StatusPill status={status} network={line?.network ?? "live"} />
      </header>
      {viewer.kind === "yours" ? <ViewerControls viewer={viewer} /> : null}
      <ScrollRegion label={`What ${viewer.title} holds`}>
        {turns.map((message) => (
          <MessageView key={message.id} message={message} />
        ))}
        {turns.length === 0 ? <p className="hint">Nothing here yet.</p> : null}
      </ScrollRegion>
      {note?.text ? (
        <ScrollRegion label={`Your text in ${viewer.title}`} look="note">
          {note.text}
        </ScrollRegion>
      ) : null}
      <footer>
        <VerdictMark state={state} isLive={status.is === "live"} />
        <span className="cost">
          {bytes(report ? history.since(report, viewer.name) : 0)} received
          <span className="unseen">, version {whole(state.seq)}</span>
        </span>
      </footer>
    </article>
  );
}
