import type { ReactElement } from "react";
import { BytesPanel } from "./bytes-panel.js";
import { Controls } from "./controls.js";
import { EditorPane } from "./editor-pane.js";
import { EventLog } from "./event-log.js";
import { FramesPanel } from "./frames-panel.js";
import { NoteBox } from "./note-box.js";
import { TopBar } from "./top-bar.js";
import { useSession } from "./use-session.js";
import { ViewerCard } from "./viewer-card.js";

/** The whole page. */
export function App(): ReactElement {
  const { viewers } = useSession();
  return (
    <>
      <TopBar />
      <main>
        <Controls />
        <div className="stage">
          <section className="writers" aria-label="Who writes">
            <EditorPane />
            <NoteBox />
          </section>
          <section className="viewers" aria-label="Who reads">
            {viewers.map((viewer) => (
              <ViewerCard key={viewer.name} viewer={viewer} />
            ))}
          </section>
        </div>
        <div className="measures">
          <BytesPanel />
          <div className="traffic">
            <FramesPanel />
            <EventLog />
          </div>
        </div>
      </main>
    </>
  );
}
