import type { ReactElement } from "react";
import { ScrollRegion } from "./scroll-region.js";
import { useSession } from "./use-session.js";
import { useStore } from "./use-store.js";

const clock = (time: Date): string => time.toLocaleTimeString("en-GB");

/** What happened, told politely: the only live region of the page. */
export function EventLog(): ReactElement {
  const lines = useStore(useSession().happenings.lines);
  return (
    <section className="card events" aria-labelledby="events-title">
      <header>
        <h2 id="events-title">What happened</h2>
      </header>
      <ScrollRegion label="What happened" role="log">
        <ol>
          {lines.map(({ id, time, tone, text }) => (
            <li key={id} data-tone={tone}>
              <time dateTime={time.toISOString()}>{clock(time)}</time> {text}
            </li>
          ))}
        </ol>
        {lines.length === 0 ? <p className="hint">Nothing yet.</p> : null}
      </ScrollRegion>
    </section>
  );
}
