import type { ReactElement } from "react";
import { Pill } from "./pill.js";
import { useSession } from "./use-session.js";
import { useStore } from "./use-store.js";

/** Whether the server is there. */
export function ServerPill(): ReactElement {
  const { report, isHeard } = useStore(useSession().stream.hearing);
  if (!isHeard) return <Pill tone="bad">The demo does not answer</Pill>;
  if (!report) return <Pill tone="quiet">Connecting</Pill>;
  if (report.server.is === "down") return <Pill tone="bad">Server down</Pill>;
  if (report.network !== "live") return <Pill tone="bad">Network {report.network}</Pill>;
  return <Pill tone="good">Server up</Pill>;
}
