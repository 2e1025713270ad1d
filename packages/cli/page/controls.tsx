import { type ReactElement, useState } from "react";
import { playTurn, restartServer, setNetwork } from "./control.js";
import { duration } from "./quantity.js";
import { Segments } from "./segments.js";
import { useReport, useSession } from "./use-session.js";

type Rate = "50" | "200" | "1000";

const RATES: readonly (readonly [Rate, string])[] = [
  ["50", "50"],
  ["200", "200"],
  ["1000", "1,000"],
];

/** What the visitor can do to everybody. */
export function Controls(): ReactElement {
  const { happenings, channel } = useSession();
  const report = useReport();
  const [rate, setRate] = useState<Rate>("200");
  const { turn } = report ?? {};
  const isRunning = turn?.status === "running";
  const isCut = report?.network === "cut";
  const play = () =>
    void happenings.attempt("The turn did not begin", () => playTurn(Number(rate)));
  const stop = () =>
    void happenings.attempt("Nobody heard the command to stop", async () => {
      if (!turn) return;
      const asked = performance.now();
      happenings.tell("act", "You asked the editor to stop.");
      await channel.command("stop", undefined, { message: turn.message, timeout: 10_000 });
      const took = duration(performance.now() - asked);
      happenings.tell("good", `The editor heard the command and answered after ${took}.`);
    });
  const cut = () =>
    void happenings.attempt("The network could not be changed", () =>
      setNetwork(isCut ? "live" : "cut"),
    );
  const restart = () =>
    void happenings.attempt("The server could not be restarted", () => restartServer());
  return (
    <section className="controls" aria-label="Controls">
      <div className="play">
        {isRunning ? (
          <button type="button" className="main" onClick={stop}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M4 4h8v8H4z" />
            </svg>
            Stop the turn
          </button>
        ) : (
          <button type="button" className="main" onClick={play}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M4 2.5l9 5.5-9 5.5z" />
            </svg>
            Play the turn
          </button>
        )}
        <div className="speed">
          <Segments legend="Tokens a second" options={RATES} value={rate} onChange={setRate} />
          <span aria-hidden="true">tokens/s</span>
        </div>
      </div>
      <div className="harm">
        <button type="button" className={isCut ? "broken" : ""} onClick={cut}>
          {isCut ? "Mend the network" : "Cut the network"}
        </button>
        <button type="button" onClick={restart}>
          Restart the server
        </button>
      </div>
    </section>
  );
}
