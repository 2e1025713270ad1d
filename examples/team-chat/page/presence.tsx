import type { Message, MessageWriter } from "@deltawire/client";
import { useChannel } from "@deltawire/react";
import { type ReactElement, useEffect, useRef } from "react";

/** Keeps a message open in the room's presence while it is shown; says in it whether one types. */
export function usePresence(room: string, name: string): (isTyping: boolean) => void {
  const { channel } = useChannel(`here/${room}`);
  const own = useRef<MessageWriter>(undefined);
  const typing = useRef(false);
  const latest = useRef(name);
  useEffect(() => {
    const me = channel.write(crypto.randomUUID(), {
      role: "presence",
      attributes: { name: latest.current },
    });
    own.current = me;
    const leave = () => void me.complete().catch(() => undefined); // the wire is closed, or soon will be
    return leave;
  }, [channel]);
  useEffect(() => {
    latest.current = name;
    own.current?.setAttributes({ name, typing: typing.current });
  }, [name]);
  return (isTyping) => {
    if (typing.current === isTyping) return;
    typing.current = isTyping;
    own.current?.setAttributes({ name: latest.current, typing: isTyping });
  };
}

/** Those whose message is open and whose connection is there, each name once. */
export function Presence({ room }: { readonly room: string }): ReactElement {
  const { messages } = useChannel(`here/${room}`);
  const here = new Map<string, Message>();
  for (const message of messages) {
    if (message.status === "streaming") here.set(String(message.attributes.name), message);
  }
  return (
    <ul className="here" aria-label="Who is here">
      {[...here].map(([name, { attributes }]) => (
        <li key={name} data-agent={attributes.is_agent === true || undefined}>
          {name}
          {attributes.is_agent === true && <small> agent</small>}
          {attributes.typing === true && <small> is writing…</small>}
        </li>
      ))}
    </ul>
  );
}
