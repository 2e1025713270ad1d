import { UsageError } from "../usage-error.js";
import type { FlagName } from "./flags.js";
import type { Given, GivenOptions, ReadText } from "./given.js";

/**
 * A secret, given as it is or in a file, without the space around it. No message shows it.
 *
 * @throws UsageError where it is given both ways, or the file cannot be read or is empty
 */
export function secretOf(
  given: GivenOptions,
  name: "token" | "jwt-secret" | "redis" | "postgres",
  read: ReadText,
): Given | undefined {
  const file: FlagName = `${name}-file`;
  const option = given.oneOf([name, file]);
  return option?.name === file ? contentOf(option, read) : option;
}

/** The text of a file that an option names. @throws UsageError where it has none */
export function contentOf({ value, from }: Given, read: ReadText): Given {
  let text: string;
  try {
    text = read(value).trim();
  } catch (error) {
    throw new UsageError(`${from} ${value}: ${error instanceof Error ? error.message : error}`);
  }
  if (text === "") throw new UsageError(`${from} ${value}: the file is empty`);
  return { value: text, from: `${from} ${value}` };
}
