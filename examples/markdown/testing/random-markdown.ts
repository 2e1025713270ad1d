import fc, { type Arbitrary } from "fast-check";

/** Lines that Markdown's rules are about, to be put together at random. */
const LINES = String.raw`
word
word *bold* ~~code~~ [a] [b][a] [^n] [^m] ![i][B] [c] [^N]
  two
    four
	four
# one
## two #
===
---
- - -
***
- item
-
* star
+ plus
  - in
1. one
2) two
10. ten
   under
> quote
>> deep
> - mixed
>
> ~~~
~~~
~~~~js
  ~~~
<div>
</div>
<b>
<!-- note
-->
<?x
?>
| a | b |
|---|:-:|
a | b
- | -
[a]: /url
[a]: <b>
"title"
'title
[a]:
/url 'title'
[b]: /b
> [a]: /quoted
- [c]: /c
[A B]: /ab
[^n]: note
[^n]:
[^m]: [a]
- [ ] task
\
&amp; <a@b.c>
www.a.example
**open`
  .slice(1)
  .split("\n");

const line = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...LINES) },
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: fc.constantFrom("```", "````js", "\u00a0", "\u{1f44b}") },
);
const end = fc.oneof(
  { weight: 12, arbitrary: fc.constant("\n") },
  { weight: 1, arbitrary: fc.constantFrom("", "\r\n", "\r") },
);

/** Random Markdown: few words and many rules. */
export const markdown = (maxLength: number): Arbitrary<string> =>
  fc.array(fc.tuple(line, end), { maxLength, size: "max" }).map((lines) => lines.flat().join(""));

/** An edit of some text. */
export interface RandomEdit {
  readonly at: number;
  readonly removed: number;
  readonly text: string;
}

/** A random one; {@link placed} makes it one of a text. */
export const edit: Arbitrary<RandomEdit> = fc.record({
  at: fc.nat(1_000_000),
  removed: fc.oneof(fc.nat(4), fc.nat(60)),
  text: fc.oneof(
    markdown(3),
    fc.constantFrom("", "\n", "\n\n", " ", "`", "-", ">", "|", "a", "\r"),
  ),
});

/** The edit where the text has what it removes. */
export function placed({ at, removed, text }: RandomEdit, { length }: string): RandomEdit {
  const offset = at % (length + 1);
  return { at: offset, removed: Math.min(removed, length - offset), text };
}
