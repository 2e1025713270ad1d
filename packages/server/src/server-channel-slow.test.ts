import type { ChannelEvent } from "@deltawire/decoder";
import { apply, type ChannelState } from "@deltawire/protocol";
import { expect, test } from "vitest";
import { createServer } from "./server.js";
import { plain } from "./testing/pair.js";

const TEXT = "0123456789abcdef".repeat(256);

/** The view of one who patches it by events. */
function patched(view: ChannelState | undefined, event: ChannelEvent): ChannelState {
  if (event.type === "reset" || !view) return event.state;
  const { changes, state } = event;
  return apply(view, { type: "changes", channel: "c", from: view.seq, to: state.seq, changes });
}

test("a reader in this process that does not read gets little, and ends equal", async () => {
  const server = createServer();
  const channel = server.channel("c", { throttle: 0 });
  const grows = channel.write("grows");
  const churns = channel.write("churns");
  const [fast, slow] = [channel.changes(), channel.changes()];
  let [a, b]: [ChannelState | undefined, ChannelState | undefined] = [undefined, undefined];
  b = patched(b, (await slow.next()).value as ChannelEvent);
  a = patched(a, (await fast.next()).value as ChannelEvent);
  for (let i = 0; i < 2000; i++) {
    grows.append(TEXT);
    churns.set(`${i}${TEXT}`);
    channel.setAttributes(i % 2 ? { a: TEXT, i } : { i });
    if (i % 100 === 99) a = patched(a, (await fast.next()).value as ChannelEvent);
  }
  await grows.complete();
  while (a?.seq !== channel.state.seq) a = patched(a, (await fast.next()).value as ChannelEvent);
  let events = 0;
  for (; b?.seq !== channel.state.seq; events++) {
    b = patched(b, (await slow.next()).value as ChannelEvent);
  }
  expect(events).toBe(1);
  expect(plain(b)).toEqual(plain(channel.state));
  expect(plain(a)).toEqual(plain(channel.state));
  await server.close();
});
