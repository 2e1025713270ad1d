import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { Markdown } from "./markdown.js";

const html = (text: string, streaming = true) =>
  renderToStaticMarkup(<Markdown text={text} streaming={streaming} />).replaceAll("\n", "");

test.each([
  ["some **bold", "<p>some <strong>bold</strong></p>"],
  ["some **bold text ", "<p>some <strong>bold text</strong></p>"],
  ["some **bold*", "<p>some <strong>bold</strong></p>"],
  ["some **", "<p>some</p>"],
  ["some **bold and *more", "<p>some <strong>bold and <em>more</em></strong></p>"],
  ["***both", "<p><em><strong>both</strong></em></p>"],
  ["***both***", "<p><em><strong>both</strong></em></p>"],
  ["_em", "<p><em>em</em></p>"],
  ["snake_case", "<p>snake_case</p>"],
  ["2*3 is 6", "<p>2*3 is 6</p>"],
  ["2 * 3", "<p>2 * 3</p>"],
  ["~~gone", "<p><del>gone</del></p>"],
  ["call `f(", "<p>call <code>f(</code></p>"],
  ["call ``a`b`", "<p>call <code>a`b</code></p>"],
  ["call `", "<p>call</p>"],
  ["**a `*", "<p><strong>a <code>*</code></strong></p>"],
  ["**`", ""],
  ["see [the do", "<p>see the do</p>"],
  ["see [the docs]", "<p>see the docs</p>"],
  ["see [the docs](https://exa", "<p>see the docs</p>"],
  ["see [the **docs](https://exa", "<p>see the <strong>docs</strong></p>"],
  ["see ![a picture](https://exa", "<p>see</p>"],
  ["a note[^1", "<p>a note</p>"],
  ["an array[0] and **b", "<p>an array[0] and <strong>b</strong></p>"],
  ["\\*not *yes", "<p>*not <em>yes</em></p>"],
  ["ends in \\", "<p>ends in</p>"],
  ["text\n-", "<p>text</p>"],
  ["text\n---", "<p>text</p>"],
  ["text\n\n1.", "<p>text</p>"],
  ["- a\n  -", "<ul><li>a</li></ul>"],
  ["- [", ""],
  [
    "- [ ] **a",
    '<ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" disabled=""/> <strong>a</strong></li></ul>',
  ],
  ["text\n``", "<p>text</p>"],
  ["```js\nx\n``", '<pre><code class="language-js">x</code></pre>'],
  ["```js\nx = **1", '<pre><code class="language-js">x = **1</code></pre>'],
  ["- ```\n  x\n  ``", "<ul><li><pre><code>x</code></pre></li></ul>"],
  ["[1]", ""],
  ["[1]:", ""],
])("%j looks like %s", (text, expected) => {
  expect(html(text)).toBe(expected);
});

test.each(["| a", "| a |", "| a |\n", "| a |\n|", "| a |\n| -", "| a |\n|---|"])(
  "%j is a table already",
  (text) => {
    expect(html(text)).toBe("<table><thead><tr><th>a</th></tr></thead></table>");
  },
);

test("the end of a text that does not grow is as it is written", () => {
  expect(html("some **bold", false)).toBe("<p>some **bold</p>");
});

const TAG = /<(?:h|p|ul|ol|pre|table|blockquote|em|strong|code|del|li|t)[^ >]*/g;

describe("a text that comes letter by letter", () => {
  const text = `# A heading with \`code\`

Text with **bold words**, *others*, ***both***, ~~gone~~, a [link **bold** there](https://example.com/a_b "t") and
a second line: 2 * 3.
Right after it:
- one \`two\`
- **three**: four
  - five _six_
  - [x] done
- [ ] not done

1. first
2. second

   more of it

| Name | What *it* is |
| :--- | ---: |
| \`a\` | **b** |
| c | [d](#d) |

\`\`\`ts
const list = [1, 2];

// - not a list
\`\`\`

> A quote
> with **two** lines
>
> \`\`\`
> code
> \`\`\`

---

The end.
`;
  const lengths = [...text].map((_, i) => i + 1);
  const shown = lengths.map((length) => html(text.slice(0, length)));

  test("never takes back what it has shown", () => {
    const words = shown.map((part) => part.replaceAll(/<[^>]*>|\s/g, ""));
    for (const [i, word] of words.entries()) {
      const next = words[i + 1] ?? word;
      expect(next.slice(0, word.length), JSON.stringify(text.slice(0, i + 1))).toBe(word);
    }
  });

  test("never makes another element of one that it has shown", () => {
    // The items of a list get paragraphs where a blank line follows: nobody can know before.
    const tags = shown.map((part) => part.replaceAll(/(<li[^>]*>)\n*<p>/g, "$1").match(TAG) ?? []);
    for (const [i, before] of tags.entries()) {
      const next = tags[i + 1] ?? before;
      expect(next.slice(0, before.length), JSON.stringify(text.slice(0, i + 1))).toEqual(before);
    }
  });
});
