/** Sets an entry, as the one last heard of; past the bound the one longest unheard of goes. */
export function remember<T>(map: Map<string, T>, key: string, value: T, bound: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= bound) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
