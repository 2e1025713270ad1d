/** Longer pieces are cut first: the tokenizer takes quadratic time on a long run without spaces. */
const PIECE = 1024;

/**
 * Cuts a text into the tokens of o200k_base, as a language model would send it. Joined again, the
 * tokens are exactly `text`. A character whose bytes lie in several tokens comes whole, with the
 * last of them. Nothing in the text is taken for a special token. The tokenizer (2 MB of ranks)
 * is loaded with the first call.
 *
 * @param text well-formed Unicode
 */
export async function cutTokens(text: string): Promise<string[]> {
  const [{ encode }, { default: ranks }] = await Promise.all([
    import("gpt-tokenizer/encoding/o200k_base"),
    import("gpt-tokenizer/bpeRanks/o200k_base"),
  ]);
  const plain = { disallowedSpecial: new Set<string>() };
  const tokens: string[] = [];
  for (const piece of pieces(text)) {
    const bytes = Buffer.from(piece);
    let begin = 0;
    let end = 0;
    for (const id of encode(piece, plain)) {
      const token = ranks[id] ?? "";
      end += typeof token === "string" ? Buffer.byteLength(token) : token.length;
      if (!insideCharacter(bytes[end])) {
        tokens.push(bytes.toString("utf8", begin, end));
        begin = end;
      }
    }
    if (begin !== bytes.length) throw new Error("the tokenizer did not return the whole text");
  }
  return tokens;
}

/** UTF-8 continuation bytes are 10xxxxxx (RFC 3629). */
function insideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Cuts before white space where there is some, as tokens begin with it; never inside a pair. */
function* pieces(text: string): Generator<string> {
  let begin = 0;
  while (text.length - begin > PIECE) {
    let end = begin + PIECE;
    while (end > begin && !/\s/.test(text.charAt(end))) end--;
    if (end === begin) end = begin + PIECE;
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
    yield text.slice(begin, end);
    begin = end;
  }
  if (begin < text.length) yield text.slice(begin);
}
