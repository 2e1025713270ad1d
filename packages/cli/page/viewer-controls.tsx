import { type ReactElement, useEffect, useState } from "react";
import type { Network } from "../src/page/report.js";
import { setViewerNetwork } from "./control.js";
import { Segments } from "./segments.js";
import { useReport, useSession } from "./use-session.js";
import type { Viewer } from "./viewer.js";

const NETWORKS: readonly (readonly [Network, string])[] = [
  ["live", "Live"],
  ["slow", "Slow"],
  ["stalled", "Stall"],
  ["cut", "Cut"],
];

const TOLD: Readonly<Record<Network, string>> = {
  live: "has its network back.",
  slow: "gets 2 kB a second.",
  stalled: "reads nothing any more; its connection stays.",
  cut: "is cut off.",
};

/** What the visitor can do to one viewer. */
export function ViewerControls({ viewer }: { readonly viewer: Viewer }): ReactElement {
  const { happenings } = useSession();
  const line = useReport()?.viewers.find(({ name }) => name === viewer.name);
  const told = line?.network ?? "live";
  /** What was chosen, until the demo has told that it is so. */
  const [chosen, setChosen] = useState<Network>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever the demo tells, it counts
  useEffect(() => setChosen(undefined), [told]);
  const change = (network: Network) => {
    setChosen(network);
    void happenings.attempt("The network could not be changed", async () => {
      try {
        await setViewerNetwork(viewer.name, network);
        happenings.tell("act", `${viewer.title} ${TOLD[network]}`);
      } catch (error) {
        setChosen(undefined);
        throw error;
      }
    });
  };
  const reload = () => {
    viewer.reload();
    happenings.tell("act", `${viewer.title} forgot everything and joins anew.`);
  };
  return (
    <div className="viewer-controls">
      <Segments
        legend={`Network of ${viewer.title}`}
        options={NETWORKS}
        value={chosen ?? told}
        onChange={change}
      />
      <button type="button" onClick={reload}>
        Reload
      </button>
    </div>
  );
}
