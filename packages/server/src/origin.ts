/**
 * Whether a page may talk to this server: one of its own host, or of an origin that is named. No
 * `Origin` means no browser, and no cookies that a page could use behind its user's back.
 *
 * @param host the `Host` that the client asked for
 * @param origins as a browser states them: `https://app.example.com`
 */
export function isOriginAllowed(
  origin: string | null | undefined,
  host: string | null | undefined,
  origins: readonly string[],
): boolean {
  if (origin === null || origin === undefined) return true;
  if (!URL.canParse(origin)) return false; // "null", of a sandbox or a file
  const { protocol, host: page, origin: normal } = new URL(origin);
  if (origins.includes(normal)) return true;
  // The page's scheme decides which port may be left out.
  const own = `${protocol}//${host}`;
  return host !== null && host !== undefined && URL.canParse(own) && new URL(own).host === page;
}

/** Checks origins that an application names. @throws TypeError for one that no browser would state */
export function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      const what = `${JSON.stringify(origin)} is no origin; name it as https://app.example.com`;
      throw new TypeError(what);
    }
  }
}
