import type { Channel } from "@deltawire/client";
import { type ReactElement, useEffect, useState } from "react";
import type { Network } from "../src/page/report.js";
import { Pill } from "./pill.js";

interface StatusPillProps {
  readonly status: Channel["status"];
  /** What the visitor did to its network. */
  readonly network: Network;
}

/** How a viewer's reading is, in its own words. */
export function StatusPill({ status, network }: StatusPillProps): ReactElement {
  switch (status.is) {
    case "live":
      if (network === "slow") return <Pill tone="busy">Live, slowly</Pill>;
      // The connection stands and says nothing: only who made it so can know.
      return network === "stalled" ? (
        <Pill tone="busy">Stalled</Pill>
      ) : (
        <Pill tone="good">Live</Pill>
      );
    case "stale":
      return (
        <Pill tone="bad">
          Stale for <Since time={status.since} />
        </Pill>
      );
    case "stopped":
      return <Pill tone="bad">Stopped</Pill>;
    default:
      return <Pill tone="busy">Catching up</Pill>;
  }
}

/** Seconds since a time of `performance.now()`; it counts on. */
function Since({ time }: { readonly time: number }): ReactElement {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <>{Math.round(Math.max(0, now - time) / 1000)} s</>;
}
