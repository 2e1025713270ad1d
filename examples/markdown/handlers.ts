import type { Options } from "react-markdown";

type Handlers = NonNullable<NonNullable<Options["remarkRehypeOptions"]>["handlers"]>;
type Handler = NonNullable<Handlers["paragraph"]>;
type Content = Exclude<ReturnType<Handler>, readonly unknown[] | undefined>;
type Element = Extract<Content, { type: "element" }>;
type State = Parameters<Handler>[0];

/**
 * What becomes of Markdown other than usual.
 *
 * - HTML is text; a block of it is a paragraph.
 * - Footnotes need no list of all footnotes: a reference shows the note's label, not a number that
 *   follows from all references before it, and a note stands where it is written.
 *
 * @param prefix of the ids of notes
 */
export function handlersOf(prefix: string): Handlers {
  return {
    html(_state: State, { value }: { readonly value: string }, parent) {
      const isBlock = parent && CONTAINERS.includes(parent.type);
      return isBlock ? element("p", {}, [text(value)]) : text(value);
    },
    footnoteReference(_state: State, note: Note) {
      const link = element("a", { href: `#${prefix}${note.identifier}` }, [labelOf(note)]);
      return element("sup", {}, [link]);
    },
    footnoteDefinition(state: State, note: Note) {
      // A block states the notes of other blocks without their text.
      if (note.children.length === 0) return undefined;
      const label = element("sup", {}, [labelOf(note)]);
      const properties = { id: `${prefix}${note.identifier}`, role: "note" };
      return element("div", properties, [label, ...state.all(note)]);
    },
  };
}

const CONTAINERS: readonly string[] = [
  ...["root", "blockquote", "list", "listItem", "footnoteDefinition"],
];

type Note = Extract<Parameters<State["all"]>[0], { type: "footnoteDefinition" }>;

const labelOf = ({ label, identifier }: Note): Content => text(label ?? identifier);

const text = (value: string): Content => ({ type: "text", value });

function element(tagName: string, properties: Element["properties"], children: Content[]): Element {
  return { type: "element", tagName, properties, children };
}
