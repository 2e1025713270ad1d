import type { ChannelState, Message } from "@deltawire/protocol";
import { restore } from "./engine/archive-restore.js";
import type { Store } from "./store.js";

/** Messages of a page where nothing else is asked for, and at most. */
const PAGE = 100;
const MAX_PAGE = 1000;

/** Which messages of a channel are meant. */
export interface HistoryOptions {
  /** The place that they all come before: `before` of a page. @default the end */
  readonly before?: number | undefined;
  /** How many at most. @default 100; 1,000 at most */
  readonly limit?: number;
}

/** Some messages of a channel, in order. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  /** The place that earlier ones come before; absent where there are none. */
  readonly before?: number;
}

/** What a store has of a channel. @throws what the store throws, by rejection */
export async function storedPage(
  store: Store,
  channel: string,
  { before = Number.MAX_SAFE_INTEGER, limit = PAGE }: HistoryOptions,
): Promise<HistoryPage> {
  const bound = Math.max(1, Math.min(limit, MAX_PAGE));
  const messages = await store.page(channel, { before, limit: bound });
  const { state } = restore({ epoch: "", seq: 0, attributes: {}, messages });
  const [first] = messages;
  return {
    messages: state.messages,
    ...(first && messages.length === bound && { before: first.order }),
  };
}

/** The same of a channel that is in memory alone: places are its messages' own. */
export function pageOf(
  { messages }: ChannelState,
  { before = messages.length, limit = PAGE }: HistoryOptions,
): HistoryPage {
  const end = Math.min(before, messages.length);
  const start = Math.max(0, end - Math.max(1, Math.min(limit, MAX_PAGE)));
  return { messages: messages.slice(start, end), ...(start > 0 && { before: start }) };
}
