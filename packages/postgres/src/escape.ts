/** Stands for U+0000, which PostgreSQL has no place for in a text: a picture of it, to be read. */
const PICTURE = "\u2400";

/** Says that the character after it means itself: one byte, rare, and JSON writes it as it is. */
const MARK = "\u007f";

const NEEDED = /[\0\u007f\u2400]/;
const PLAIN = /[\0\u007f\u2400]/g;
const NEEDED_IN_JSON = /[\u007f\u2400]|\\u0000/;
/** A backslash and what follows it are one: the text `\u0000` is no NUL. */
const IN_JSON = /\\u0000|\\.|[\u007f\u2400]/g;
const ESCAPED = /\u007f([\u007f\u2400])|\u2400/g;

/**
 * A text as PostgreSQL takes it (L8): NUL is written as U+2400, and U+2400 and U+007F have a U+007F
 * before them. All other text is what it was.
 */
export function escapeText(text: string): string {
  if (!NEEDED.test(text)) return text;
  return text.replace(PLAIN, (found) => (found === "\0" ? PICTURE : MARK + found));
}

/** {@link escapeText} for every key and text in a JSON text of `JSON.stringify`. */
export function escapeJson(json: string): string {
  if (!NEEDED_IN_JSON.test(json)) return json;
  return json.replace(IN_JSON, (found) => {
    if (found === "\\u0000") return PICTURE;
    return found.startsWith("\\") ? found : MARK + found;
  });
}

/** A JSON text of PostgreSQL with every key and text as it was before {@link escapeJson}. */
export function unescapeJson(json: string): string {
  if (!json.includes(PICTURE) && !json.includes(MARK)) return json;
  return json.replace(ESCAPED, (_, meant: string | undefined) => meant ?? "\\u0000");
}
