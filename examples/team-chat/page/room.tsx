import type { Channel, Message } from "@deltawire/client";
import { ChannelText, useChannel, useStickToEnd } from "@deltawire/react";
import { memo, type ReactElement, useEffect, useId, useState } from "react";
import { PlanView } from "./plan.js";
import { Presence, usePresence } from "./presence.js";

/** Messages that a room begins with; as many more each time that somebody asks. */
const LAST = 100;

interface RoomProps {
  readonly id: string;
  readonly title: string;
  readonly topic: string;
  /** Of who looks at it. */
  readonly name: string;
}

/** One room: what was said, what is being said, who is here, and a place to write. */
export function RoomView({ id, title, topic, name }: RoomProps): ReactElement {
  const { channel, messages, state, status, error } = useChannel(`room/${id}`, { last: LAST });
  const setTyping = usePresence(id, name);
  const scroller = useStickToEnd<HTMLDivElement>();
  useEffect(() => {
    document.title = `${title} · Team chat`;
  }, [title]);
  return (
    <main className="room" aria-busy={status.is === "catching_up"}>
      <header>
        <h2>{title}</h2>
        <p className="hint">{topic}</p>
        <Presence room={id} />
      </header>
      {error && <p role="alert">{error.message}</p>}
      {status.is === "stale" && <p className="stale">Offline: this is how it was.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section className="scroll" ref={scroller} aria-label="Messages" tabIndex={0}>
        <div>
          {state.earlier > 0 && (
            <button type="button" onClick={() => void channel.earlier(LAST)}>
              Earlier messages
            </button>
          )}
          <ol className="messages">
            {messages.map((message) => (
              <Entry key={message.id} channel={channel} message={message} name={name} />
            ))}
          </ol>
        </div>
      </section>
      <WriteBox channel={channel} name={name} setTyping={setTyping} />
    </main>
  );
}

interface EntryProps {
  readonly channel: Channel;
  readonly message: Message;
  readonly name: string;
}

/** A message; renders when it changes, and not while its text grows. */
const Entry: (props: EntryProps) => ReactElement = memo(({ channel, message, name }) => {
  const { id, role, kind, attributes, status, isFinal, text } = message;
  const author = String(attributes.author ?? "Somebody");
  const sent = new Date(String(attributes.sent_at));
  const stop = () => void channel.command("stop", undefined, { message: id }).catch(() => {});
  return (
    <li
      className="message"
      data-role={role}
      data-own={(role === "person" && author === name) || undefined}
      aria-busy={!isFinal}
    >
      <h3>
        {author}{" "}
        {!Number.isNaN(sent.getTime()) && (
          <time dateTime={sent.toISOString()}>
            {sent.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
          </time>
        )}
      </h3>
      {kind === "plan" ? (
        <PlanView message={message} />
      ) : isFinal ? (
        <p className="text">{text}</p>
      ) : (
        <ChannelText channel={channel} message={id} className="text" />
      )}
      {status === "cancelled" && <p className="hint">Stopped.</p>}
      {status === "interrupted" && <p className="hint">Interrupted: its connection is away.</p>}
      {!isFinal && (
        <button type="button" className="quiet" onClick={stop}>
          Stop
        </button>
      )}
    </li>
  );
}) as (props: EntryProps) => ReactElement;

interface WriteBoxProps {
  readonly channel: Channel;
  readonly name: string;
  readonly setTyping: (isTyping: boolean) => void;
}

function WriteBox({ channel, name, setTyping }: WriteBoxProps): ReactElement {
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const id = useId();
  const write = (next: string) => {
    setText(next);
    setTyping(next !== "");
  };
  /** It stands in the room at once, and goes out when there is a connection. */
  function send(): void {
    if (text.trim() === "") return;
    const attributes = { author: name, sent_at: new Date().toISOString() };
    const { held } = channel.event("message", { role: "person", attributes, text: text.trim() });
    setError("");
    held.catch((problem: Error) => setError(problem.message));
    write("");
  }
  return (
    <form
      className="write"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {error && <p role="alert">{error}</p>}
      <label className="hidden" htmlFor={id}>
        Message
      </label>
      <input
        id={id}
        value={text}
        maxLength={4000}
        autoComplete="off"
        placeholder="Message; @relay ships, @scout looks"
        onChange={({ target }) => write(target.value)}
        onBlur={() => setTyping(false)}
      />
      <button type="submit" className="send">
        Send
      </button>
    </form>
  );
}
