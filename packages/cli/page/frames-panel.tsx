import { type ReactElement, useState } from "react";
import { FrameList } from "./frame-list.js";
import { Segments } from "./segments.js";
import { useSession } from "./use-session.js";
import type { ViewerKind } from "./viewer.js";

const VIEWERS: readonly (readonly [ViewerKind, string])[] = [
  ["socket", "Viewer 1"],
  ["http", "Viewer 2"],
  ["yours", "Viewer 3"],
];

/** What crosses the wire of one viewer now, frame by frame. */
export function FramesPanel(): ReactElement {
  const { viewers } = useSession();
  const [kind, setKind] = useState<ViewerKind>("socket");
  const viewer = viewers.find((each) => each.kind === kind);
  return (
    <section className="card frames" aria-labelledby="frames-title">
      <header>
        <h2 id="frames-title">On the wire</h2>
        <span className="way">frame by frame</span>
        <Segments legend="Whose wire" options={VIEWERS} value={kind} onChange={setKind} />
      </header>
      {viewer ? <FrameList key={kind} frames={viewer.frames} /> : null}
    </section>
  );
}
