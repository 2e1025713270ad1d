import { useChannel } from "@deltawire/react";
import type { ReactElement } from "react";
import type { TurnReport } from "../src/page/report.js";
import { Pill, type PillTone } from "./pill.js";
import { bytes, whole } from "./quantity.js";
import { ScrollRegion } from "./scroll-region.js";
import { SourcePart } from "./source-part.js";
import { useReport, useSession } from "./use-session.js";

const TONES: Readonly<Record<TurnReport["status"], PillTone>> = {
  running: "busy",
  completed: "good",
  cancelled: "quiet",
  failed: "bad",
};

const WORDS: Readonly<Record<TurnReport["status"], string>> = {
  running: "Writing",
  completed: "Complete",
  cancelled: "Stopped",
  failed: "Failed",
};

/** The agent's turn as its editor writes it: the source, where the viewers show what it means. */
export function EditorPane(): ReactElement {
  const { channel } = useSession();
  const { state, status } = useChannel(channel);
  const turn = useReport()?.turn;
  const message = turn && state.message(turn.message);
  return (
    <article className="card editor" aria-labelledby="editor-title">
      <header>
        <h2 id="editor-title">The editor</h2>
        <span className="way">a recorded agent turn</span>
        {turn ? (
          <Pill tone={TONES[turn.status]}>
            {WORDS[turn.status]}
            {turn.status === "running" && status.is === "stale" ? ", unseen" : ""}
          </Pill>
        ) : null}
      </header>
      <progress
        aria-label="Tokens written"
        max={turn?.of ?? 1}
        value={turn?.steps ?? 0}
        data-running={turn?.status === "running"}
      />
      <ScrollRegion label="What the editor writes" look="source">
        {message?.parts.map((part) => (
          <SourcePart key={part.id} part={part} />
        ))}
        {message ? null : (
          <p className="hint">
            {turn ? "Waiting for the text." : "Nothing is written yet. Play the turn."}
          </p>
        )}
      </ScrollRegion>
      <footer>
        <span>{turn ? `${whole(turn.steps)} of ${whole(turn.of)} tokens` : "no token yet"}</span>
        <span>{bytes(turn?.rawBytes ?? 0)} of text</span>
      </footer>
    </article>
  );
}
