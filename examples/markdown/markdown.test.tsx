import fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import ReactMarkdown from "react-markdown";
import { expect, test } from "vitest";
import { Markdown } from "./markdown.js";
import { optionsOf } from "./options.js";
import { markdown } from "./testing/random-markdown.js";

const numRuns = Number(process.env.RUNS ?? 100);

/** Without what differs by design: ids of the instance, and line ends between blocks. */
const plain = (html: string) =>
  html.replaceAll(/(?<=href="#|id=")_R_[^_]*_/g, "").replaceAll(/(?<=>)\n+|\n+(?=<|$)/g, "");

test("the blocks look as the whole text does", () => {
  fc.assert(
    fc.property(markdown(30), (text) => {
      const whole = <ReactMarkdown {...optionsOf("", undefined)}>{text}</ReactMarkdown>;
      const blocks = renderToStaticMarkup(<Markdown text={text} />);
      expect(plain(blocks)).toBe(plain(renderToStaticMarkup(whole)));
    }),
    // Where the parser is in other moods than the specification's.
    { numRuns, examples: [["> ~~~\n    four\n10. ten\n"], [">\n    four\n    four\n"]] },
  );
}, 3_600_000);
