import type { JsonValue, Message, ReadChannel } from "@deltawire/client/reader";
import { useChannel } from "@deltawire/react";
import { memo, type ReactElement, useEffect } from "react";

/** From here on the list and a thread stand side by side, as in page.css. */
const WIDE = "(min-width: 761px)";

/** The threads, that which changed last first. */
export function ThreadList({ current }: { readonly current: string }): ReactElement {
  const { messages, status, error } = useChannel<ReadChannel>("threads");
  const threads = [...messages].sort((a, b) => updated(b).localeCompare(updated(a)));
  const newest = threads[0]?.id;
  useEffect(() => {
    if (newest === undefined || location.hash.length > 2 || !matchMedia(WIDE).matches) return;
    location.replace(`#/${encodeURIComponent(newest)}`);
  }, [newest]);
  return (
    <nav className="threads" aria-label="Threads" aria-busy={status.is === "catching_up"}>
      {error && <p role="alert">{error.message}</p>}
      {threads.length === 0 && status.is === "live" && (
        <p className="hint">
          No threads yet. Begin one in Neovim: <code>:DeltawireThread my-thread</code>
        </p>
      )}
      <ul>
        {threads.map((thread) => (
          <Row key={thread.id} thread={thread} isCurrent={thread.id === current} />
        ))}
      </ul>
    </nav>
  );
}

const Row = memo(({ thread, isCurrent }: { thread: Message; isCurrent: boolean }) => {
  const { title, status } = thread.attributes;
  return (
    <li>
      <a
        href={`#/${encodeURIComponent(thread.id)}`}
        {...(isCurrent && { "aria-current": "page" as const })}
      >
        <span className="title">{text(title) || thread.id}</span>
        <span className="meta">
          {status === "running" ? <span className="running">Running</span> : <span>Idle</span>}
          <time dateTime={updated(thread)}>{timeOf(updated(thread))}</time>
        </span>
      </a>
    </li>
  );
});
Row.displayName = "Row";

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

const updated = ({ attributes }: Message): string => text(attributes.updated);

const timeOf = (iso: string): string => {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "";
  return time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
};
