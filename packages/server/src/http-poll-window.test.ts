import { apply, type ChannelState, SnapshotAssembly } from "@deltawire/protocol";
import type { Change, Frame } from "@deltawire/spec";
import { expect, test } from "vitest";
import { formatVersion } from "./http-version.js";
import { added, append, frame } from "./testing/changes.js";
import { HttpServer } from "./testing/http-server.js";

/** Follows channel "c" by polling, with its last two messages. */
class Poller {
  state: ChannelState | undefined;
  readonly kinds: string[] = [];
  readonly #server: HttpServer;

  constructor(server: HttpServer) {
    this.#server = server;
  }

  async poll(): Promise<string[]> {
    const since = this.state ? `&since=${encodeURIComponent(formatVersion(this.state))}` : "";
    const answer = await this.#server.fetch(`/channels/c?last=2${since}`);
    const next: Frame = await answer.json();
    this.kinds.push(next.type);
    if (next.type === "snapshot") this.state = new SnapshotAssembly().add(next);
    if (next.type === "changes" && this.state) this.state = apply(this.state, next);
    return this.state?.messages.map(({ id, text }) => `${id}: ${text}`) ?? [];
  }
}

/** Leaves more steps behind than the message is large: it is less to state it whole. */
const churn = (id: string): Change => ({
  type: "message_patch",
  id,
  parts: Array.from({ length: 50 }, (_, i) => `p${i}`).flatMap((part, i) => [
    {
      type: "part_inserted" as const,
      content: { id: part, kind: "text" as const, text: "" },
      before: i === 0 ? "text" : `p${i - 1}`,
    },
    ...(i === 0 ? [] : [{ type: "part_removed" as const, part: `p${i - 1}` }]),
  ]),
});

test.each<[string, Change]>([
  ["is stated whole", added("old", "Hello", { role: "another" })],
  ["changes by more than it is large", churn("old")],
])("a window that is polled stays one where a message before it %s", async (_, change) => {
  const server = new HttpServer();
  const write = server.writer();
  write(frame(0, added("old", "Hello"), added("m", "a"), added("n", "b")));
  const poller = new Poller(server);
  expect(await poller.poll()).toEqual(["m: a", "n: b"]);
  write(frame(1, change));
  expect(await poller.poll()).toEqual(["m: a", "n: b"]);
  write(frame(2, append("n", 1, "!")));
  expect(await poller.poll()).toEqual(["m: a", "n: b!"]);
  expect(poller.kinds.at(-1)).toBe("changes");
});
