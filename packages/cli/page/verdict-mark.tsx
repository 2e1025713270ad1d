import type { ChannelState } from "@deltawire/client";
import { useChannel } from "@deltawire/react";
import { type ReactElement, useEffect, useState } from "react";
import { whole } from "./quantity.js";
import { useSession } from "./use-session.js";
import { useStore } from "./use-store.js";
import { type Verdict, verdictOf } from "./verdict.js";

/** Milliseconds that a viewer may be another version than the original before it is told. */
const PATIENCE = 400;

interface VerdictMarkProps {
  readonly state: ChannelState;
  readonly isLive: boolean;
}

/** Whether a viewer holds what the editor wrote: compared to the letter, at the same version. */
export function VerdictMark({ state, isLive }: VerdictMarkProps): ReactElement {
  const { channel, copy } = useSession();
  const original = useChannel(channel).state;
  const verdict = verdictOf(state, original, useStore(copy));
  const shown = useSettled(verdict);
  // Without a connection the original is as old as this: that they are equal says nothing of now.
  if (!isLive) return <span className="verdict">Holds version {whole(state.seq)}</span>;
  return (
    <span className="verdict" data-is={shown.is} data-editor={isAsEditor(shown)}>
      {wordsOf(shown)}
    </span>
  );
}

const isAsEditor = (verdict: Verdict): boolean => verdict.is === "equal" && verdict.asEditor;

function wordsOf(verdict: Verdict): string {
  switch (verdict.is) {
    case "nothing":
      return "Nothing to compare";
    case "equal":
      if (verdict.asEditor) return "Equal to the editor";
      return `Equal at version ${whole(verdict.seq)}`;
    case "behind":
      return verdict.units > 0 ? `${whole(verdict.units)} characters behind` : "A version behind";
    case "different":
      return `Not equal: ${verdict.message}`;
  }
}

/**
 * Two viewers get a frame some milliseconds apart: that they are another version then is no news.
 * So what was equal a moment ago is shown until that is old.
 */
function useSettled(verdict: Verdict): Verdict {
  const [equal, setEqual] = useState<Verdict>();
  const seq = verdict.is === "equal" ? verdict.seq : undefined;
  const isNew = verdict.is === "equal" && (equal?.is !== "equal" || equal.seq !== seq);
  if (isNew) setEqual(verdict);
  const isBehind = verdict.is === "behind";
  useEffect(() => {
    if (!isBehind) return undefined;
    const timer = setTimeout(() => setEqual(undefined), PATIENCE);
    return () => clearTimeout(timer);
  }, [isBehind]);
  return isBehind && equal ? equal : verdict;
}
