import { useChannel } from "@deltawire/react";
import { type FormEvent, type ReactElement, useEffect, useRef } from "react";
import { MAX_NOTE, NOTE } from "./note-writer.js";
import { useSession } from "./use-session.js";
import { useStore } from "./use-store.js";

/** The visitor's own text: this page is its producer. */
export function NoteBox(): ReactElement {
  const { channel, note } = useSession();
  const isOurs = useStore(note.isOurs);
  const text = useChannel(channel).state.message(NOTE)?.text ?? "";
  const box = useRef<HTMLTextAreaElement>(null);
  const before = useRef({ start: 0, end: 0 });
  useEffect(() => {
    // What another tab writes, or this one wrote before it was loaded again.
    if (!isOurs && box.current && box.current.value !== text) box.current.value = text;
  }, [isOurs, text]);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    // React's own `onBeforeInput` is another event, which does not tell of deletions.
    const remember = () => {
      before.current = { start: element.selectionStart, end: element.selectionEnd };
    };
    element.addEventListener("beforeinput", remember);
    return () => element.removeEventListener("beforeinput", remember);
  }, []);
  const onInput = ({ currentTarget }: FormEvent<HTMLTextAreaElement>) => {
    note.edited(currentTarget.value, currentTarget.selectionEnd, before.current);
  };
  return (
    <div className="card note-box">
      <label htmlFor="note">Your text</label>
      <span className="way" id="note-hint">
        type, edit in the middle, paste
      </span>
      <textarea
        id="note"
        ref={box}
        rows={4}
        maxLength={MAX_NOTE}
        aria-describedby="note-hint"
        placeholder="Type here and watch the viewers."
        onInput={onInput}
      />
    </div>
  );
}
