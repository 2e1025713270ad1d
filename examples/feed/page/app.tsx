import { type ReactElement, useState, useSyncExternalStore } from "react";
import type { Item } from "../items.js";
import { type Feed, type Source, useFeed } from "./use-feed.js";

/** Whose feeds there are. */
const PEOPLE = ["ann", "ben"] as const;

/** Items that are shown at first, and more each time. */
const STEP = 20;

/** The feed of the person whom the address names: `#/` and the id. */
export function App(): ReactElement {
  const hash = useSyncExternalStore(onHashChange, () => location.hash.slice(2));
  const person = hash || PEOPLE[0];
  return (
    <>
      <header className="bar">
        <h1>Feed</h1>
        <nav aria-label="People">
          {PEOPLE.map((id) => (
            <a key={id} href={`#/${id}`} aria-current={id === person ? "page" : undefined}>
              {id}
            </a>
          ))}
        </nav>
      </header>
      <FeedOf key={person} person={person} />
    </>
  );
}

function FeedOf({ person }: { person: string }): ReactElement {
  const feed = useFeed(person);
  const [shown, setShown] = useState(STEP);
  const { items, sources, isComplete } = feed;
  const failed = sources.filter(({ state }) => state === "failed");
  return (
    <main aria-busy={!isComplete}>
      <p role="status" className="progress">
        {progress(feed)}
      </p>
      <ul className="sources" aria-label="Sources">
        {sources.map((source) => (
          <SourceState key={source.name} {...source} />
        ))}
      </ul>
      {failed.map(({ name, error }) => (
        <p key={name} role="alert" className="failed">
          <span className="source">{name}</span>: {error}. The rest is below.
        </p>
      ))}
      <ol className="items" aria-label="Items">
        {items.slice(0, shown).map((item) => (
          <Row key={item.id} item={item} />
        ))}
        {!isComplete && items.length < STEP && (
          <Skeletons count={Math.min(5, STEP - items.length)} />
        )}
      </ol>
      {items.length > shown ? (
        <button type="button" onClick={() => setShown(shown + STEP)}>
          Show {Math.min(STEP, items.length - shown)} more of {items.length - shown}
        </button>
      ) : (
        isComplete && items.length > 0 && <p className="end">That is all.</p>
      )}
    </main>
  );
}

function progress({ items, sources, isComplete, error, first, complete }: Feed): string {
  if (error !== undefined) return `No feed: ${error}`;
  if (isComplete) {
    return `${items.length} items: the first after ${first ?? complete} ms, all after ${complete} ms`;
  }
  const ended = sources.filter(({ state }) => state !== "pending").length;
  if (sources.length === 0) return "Asking";
  return `${items.length} items, ${ended} of ${sources.length} sources`;
}

const SourceState = ({ name, state }: Source): ReactElement => (
  <li data-state={state}>
    <span className="source">{name}</span>
    <span className="unseen">: {state}</span>
  </li>
);

const Row = ({ item }: { item: Item }): ReactElement => (
  <li className="item">
    <span className="title">{item.title}</span>
    <span className="about">
      <span className="source">{item.source}</span> · {item.author} ·{" "}
      <time dateTime={item.at}>{new Date(item.at).toLocaleString([], DATE)}</time>
    </span>
  </li>
);

const DATE: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };

/** What is to come, as high as what comes: nothing jumps. */
const Skeletons = ({ count }: { count: number }): readonly ReactElement[] =>
  Array.from({ length: count }, (_, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
    <li key={i} className="item skeleton" aria-hidden="true">
      <span className="title" />
      <span className="about" />
    </li>
  ));

const onHashChange = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};
