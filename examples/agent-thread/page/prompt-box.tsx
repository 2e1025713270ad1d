import type { ReadChannel } from "@deltawire/client/reader";
import { type KeyboardEvent, type ReactElement, useId, useRef, useState } from "react";

interface PromptBoxProps {
  readonly channel: ReadChannel;
  readonly isRunning: boolean;
}

/** Milliseconds that an editor has to answer; it may be busy, or just coming back. */
const PATIENCE = 10_000;

/** Asks the editor behind a thread, and stops it. */
export function PromptBox({ channel, isRunning }: PromptBoxProps): ReactElement {
  const box = useRef<HTMLTextAreaElement>(null);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState("");
  const id = useId();

  async function ask(name: string, text?: string): Promise<void> {
    setError("");
    try {
      await channel.command(name, text === undefined ? text : { text }, { timeout: PATIENCE });
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      throw problem;
    }
  }

  async function send(): Promise<void> {
    const text = box.current?.value.trim();
    if (!text || isSending) return;
    setSending(true);
    try {
      await ask("prompt", text);
      if (box.current?.value.trim() === text) box.current.value = "";
    } catch {
      // It was told, and what was written stays.
    }
    setSending(false);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  }

  return (
    <form
      className="prompt"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {error && <p role="alert">{error}</p>}
      <label className="hidden" htmlFor={id}>
        Ask the agent
      </label>
      <textarea
        ref={box}
        id={id}
        rows={2}
        placeholder="Ask the agent…"
        aria-describedby={`${id}-hint`}
        onKeyDown={onKeyDown}
      />
      <div className="buttons">
        <span className="hint" id={`${id}-hint`}>
          {isSending ? "Sending…" : "Enter sends, Shift+Enter begins a line"}
        </span>
        {isRunning && (
          <button type="button" className="stop" onClick={() => void ask("stop").catch(() => {})}>
            Stop
          </button>
        )}
        <button type="submit" className="send" disabled={isSending}>
          Send
        </button>
      </div>
    </form>
  );
}
