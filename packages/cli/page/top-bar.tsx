import type { ReactElement } from "react";
import { ServerPill } from "./server-pill.js";
import { ThemeChoice } from "./theme-choice.js";

/** The name, and in one sentence what is to be seen. */
export function TopBar(): ReactElement {
  return (
    <header className="top">
      <div className="top-line">
        <p className="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 6l10 19H6z" />
          </svg>
          Deltawire
        </p>
        <ServerPill />
        <ThemeChoice />
      </div>
      <h1>
        An agent writes, three viewers hold the same text, and only what changes crosses the wire.
      </h1>
      <p className="lead">
        A real server, a real editor process and real connections, all on this machine. Play the
        turn, type along, then break things: nobody ends up with another text.
      </p>
    </header>
  );
}
