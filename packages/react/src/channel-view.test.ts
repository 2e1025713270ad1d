import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ChannelState, type ReadChannel } from "@deltawire/client";
import { expect, test, vi } from "vitest";
import { storeOf } from "./channel-view.js";

test("L40: what was shown last is not held once nobody shows it, though the channel is", async () => {
  const status = { is: "live" } as const;
  const subscribe = () => () => undefined;
  // What a store needs of a channel.
  const channel = { state: ChannelState.of("e"), status, subscribe } as unknown as ReadChannel;
  const store = storeOf(channel);
  const show = () => {
    const stop = store.subscribe(() => undefined);
    const view = new WeakRef(store.get());
    stop();
    return view;
  };
  const shown = show();
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  await vi.waitFor(() => {
    collect();
    expect(shown.deref() === undefined).toBe(true); // an error would hold it
  });
  expect(storeOf(channel)).toBe(store);
  expect(store.get().state).toBe(channel.state);
});
