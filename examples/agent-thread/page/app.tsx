import { type ReactElement, useEffect, useSyncExternalStore } from "react";
import { ConnectionState } from "./connection-state.js";
import { ThreadList } from "./thread-list.js";
import { ThreadView } from "./thread-view.js";

/** The threads, and the one that the address names: `#/` and its id. */
export function App(): ReactElement {
  const id = useSyncExternalStore(onHashChange, idOfHash);
  useEffect(() => {
    if (id === "") document.title = "Agent threads";
  }, [id]);
  return (
    <div className="app" data-view={id === "" ? "list" : "thread"}>
      <header className="bar">
        <h1>
          <a href="#/">Agent threads</a>
        </h1>
        <ConnectionState />
      </header>
      <ThreadList current={id} />
      {id === "" ? (
        <main className="none">
          <p>Choose a thread.</p>
        </main>
      ) : (
        <ThreadView key={id} id={id} />
      )}
    </div>
  );
}

const idOfHash = (): string => {
  try {
    return decodeURIComponent(location.hash.slice(2));
  } catch {
    return ""; // typed by hand, and no id
  }
};

const onHashChange = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};
