import { memo, type ReactElement, type ReactNode, useId, useMemo, useState } from "react";
import ReactMarkdown, { type Components, type Options } from "react-markdown";
import { type Block, Blocks } from "./blocks.js";
import { changesBetween } from "./changes.js";
import { optionsOf } from "./options.js";
import { finished } from "./unfinished.js";

/** What {@link Markdown} renders. */
export interface MarkdownProps {
  /** All of it, as it is now. */
  readonly text: string;
  /**
   * Whether it still grows: its end is then shown as it will probably be, with bold text closed
   * and without the half of a table's second line. @default false
   */
  readonly streaming?: boolean;
  /** In the place of elements, as in react-markdown. The same object each time. @default none */
  readonly components?: Components;
}

/** Renders GitHub's Markdown as it grows: only blocks that have changed are rendered again. */
export function Markdown({ text, streaming = false, components }: MarkdownProps): ReactNode {
  const [shown, setShown] = useState(() => ({ text, blocks: Blocks.empty.edit(0, 0, text) }));
  const now = shown.text === text ? shown : { text, blocks: edited(shown, text) };
  // React's own way to keep what follows from a property: it renders again before anybody sees it.
  if (now !== shown) setShown(now);
  const prefix = useId();
  const render = useMemo(() => rendering(optionsOf(prefix, components)), [prefix, components]);
  const growing = streaming ? now.blocks.list.at(-1) : undefined;
  return now.blocks.list.map((block) => render(block, block === growing));
}

/** Makes a block's element; for the same block the same one: React then looks no further. */
function rendering(options: Options): (block: Block, isGrowing: boolean) => ReactElement {
  const elements = new WeakMap<Block, ReactElement>();
  return (block, isGrowing) => {
    const known = isGrowing ? undefined : elements.get(block);
    if (known) return known;
    const source = block.preamble + (isGrowing ? finished(block) : whole(block));
    const element = <OneBlock key={block.id} source={source} options={options} />;
    if (!isGrowing) elements.set(block, element);
    return element;
  };
}

function edited(shown: { readonly text: string; readonly blocks: Blocks }, text: string): Blocks {
  let { blocks } = shown;
  // From the last to the first: their offsets are in the text before.
  for (const { offset, removed, text: added } of changesBetween(shown.text, text).reverse()) {
    blocks = blocks.edit(offset, removed, added);
  }
  return blocks;
}

/** The source of a block, without the lines between it and the next one that may yet come. */
function whole({ source, isVerbatim }: Block): string {
  return isVerbatim ? source : source.replace(/[\t\n\r ]+$/, "");
}

/** A block; rendered again when its source changes, or a definition that it refers to. */
const OneBlock = memo(function OneBlock({ source, options }: OneBlockProps): ReactNode {
  return <ReactMarkdown {...options}>{source}</ReactMarkdown>;
});

interface OneBlockProps {
  readonly source: string;
  readonly options: Options;
}
