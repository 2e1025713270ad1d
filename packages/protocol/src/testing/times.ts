import fc from "fast-check";

const digits = (count: number): fc.Arbitrary<string> =>
  fc.nat({ max: 10 ** count - 1 }).map((value) => String(value).padStart(count, "0"));
const part = (least: number, most: number): fc.Arbitrary<string> =>
  fc.integer({ min: least, max: most }).map((value) => String(value).padStart(2, "0"));
const year = fc.oneof(
  digits(4),
  fc.integer({ min: 1970, max: 2514 }).map((value) => String(value)),
);

/** Texts of moments, exact and not, in forms that a timestamp stands for and in others. */
export const anyTime: fc.Arbitrary<string> = fc
  .tuple(
    fc.tuple(year, part(0, 13), part(0, 32)),
    fc.tuple(part(0, 24), part(0, 60), part(0, 60)),
    fc.oneof(
      fc.constant(""),
      fc
        .constantFrom(".", ",")
        .chain((dot) =>
          fc.integer({ min: 2, max: 4 }).chain((count) => digits(count).map((text) => dot + text)),
        ),
      digits(3).map((text) => `.${text}`),
    ),
    fc.constantFrom("T", "T", "T", "T", " ", "t"),
    fc.constantFrom("Z", "Z", "Z", "Z", "z", "", "+00:00"),
  )
  .map(
    ([date, time, fraction, middle, end]) =>
      `${date.join("-")}${middle}${time.join(":")}${fraction}${end}`,
  );
