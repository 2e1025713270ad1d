/** What a channel in memory answers: at once. */
export function atOnce<T>(value: T | Promise<T>): T {
  if (value instanceof Promise) throw new TypeError("it is not there yet");
  return value;
}
