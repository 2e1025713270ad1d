/** Whether an address, or a host as in a URL, is this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (bare === "localhost" || bare.endsWith(".localhost") || bare === "::1") return true;
  const address = bare.replace(/^::ffff:/, ""); // IPv4 on a socket of both kinds
  return /^127(\.\d{1,3}){3}$/.test(address);
}

/** Whether a `Host` header names this machine; a page elsewhere can have its name lead here. */
export function isLoopbackHost(host: string | null | undefined): boolean {
  const url = `http://${host}`;
  return (
    host !== null && host !== undefined && URL.canParse(url) && isLoopback(new URL(url).hostname)
  );
}
