/** What the page shows: a channel that its server leads to, or a recording that it has. */
export type Session =
  | { readonly url: string; readonly channel: string; readonly last?: number }
  | { readonly recording: string };

/** @throws Error where this is no session; its message is for the reader */
export function sessionOf(value: unknown): Session {
  if (typeof value === "object" && value !== null) {
    if ("recording" in value && typeof value.recording === "string") {
      return { recording: value.recording };
    }
    if ("url" in value && "channel" in value) {
      const { url, channel } = value;
      const last = "last" in value && typeof value.last === "number" ? { last: value.last } : {};
      if (typeof url === "string" && typeof channel === "string") return { url, channel, ...last };
    }
  }
  throw new Error("what served this page is no deltawire inspect of the same version");
}
