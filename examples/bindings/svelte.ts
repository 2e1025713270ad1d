import { type ReadableChannel, select } from "@deltawire/client";
import { type Readable, readable } from "svelte/store";

/** What is read of a channel, as a store that follows it while somebody subscribes. */
export function selection<T>(
  channel: ReadableChannel,
  read: (channel: ReadableChannel) => T,
): Readable<T> {
  const selected = select(channel, read);
  return readable(selected.get(), (set) => {
    const follow = () => set(selected.get());
    const stop = selected.subscribe(follow);
    follow();
    return stop;
  });
}
