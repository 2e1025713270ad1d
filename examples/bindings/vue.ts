import { type ReadableChannel, select } from "@deltawire/client";
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";

/** What is read of a channel, as a ref that follows it while the component is there. */
export function useSelection<T>(
  channel: ReadableChannel,
  read: (channel: ReadableChannel) => T,
): Readonly<ShallowRef<T>> {
  const selection = select(channel, read);
  const value = shallowRef(selection.get()); // states are immutable: there is nothing to look for
  const follow = () => {
    value.value = selection.get();
  };
  onScopeDispose(selection.subscribe(follow));
  follow();
  return value;
}
