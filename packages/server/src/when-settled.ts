/** Goes on with a value: at once where it is there, else when it is. */
export function whenSettled<T, U>(value: T | Promise<T>, run: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(run) : run(value);
}
