const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** This tab's secret: the same when the page is loaded again. */
export function secretOf(storage: Storage): string {
  const known = storage.getItem("secret");
  const secret = known ?? base64url(crypto.getRandomValues(new Uint8Array(32)));
  storage.setItem("secret", secret);
  return secret;
}

/** What the server calls who has a secret. */
export async function idOf(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return base64url(new Uint8Array(digest)).slice(0, 16);
}
