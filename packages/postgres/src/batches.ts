import type { ChannelSave } from "@deltawire/server";
import { type EncodedMessage, type EncodedSave, encodeSave, sizeOf } from "./encoding.js";

/**
 * UTF-16 code units of JSON in one call, but for a message that is longer by itself: far from what
 * PostgreSQL takes (1 GB), and from what a server can spare.
 */
const BATCH_SIZE = 8_388_608;

/** What the database's function `save` is called with. */
export interface SaveCall {
  /** JSON: a list of channels. */
  readonly channels: string;
  /** JSON of parts and of changes; fields `content` count in it, from 1. */
  readonly contents: readonly string[];
}

/** Channels that are saved in one transaction. */
export interface Batch {
  readonly saves: readonly ChannelSave[];
  /** In order; only where one channel is too much for one call there are several. */
  readonly calls: readonly SaveCall[];
}

/**
 * Saves in as few calls as go: each channel at most once in a batch, and in the one order that all
 * servers lock channels in, so that no two of them wait for each other.
 */
export function batches(saves: readonly ChannelSave[]): readonly Batch[] {
  return rounds(saves).flatMap((round) => {
    const result: Batch[] = [];
    let some: { save: ChannelSave; encoded: EncodedSave }[] = [];
    let size = 0;
    const end = (): void => {
      if (some.length > 0) {
        const calls = [callOf(some.map(({ encoded }) => encoded))];
        result.push({ saves: some.map(({ save }) => save), calls });
      }
      some = [];
      size = 0;
    };
    for (const save of round) {
      const encoded = encodeSave(save);
      if (size + encoded.size > BATCH_SIZE) end();
      if (encoded.size > BATCH_SIZE) {
        result.push({ saves: [save], calls: split(encoded).map((piece) => callOf([piece])) });
        continue;
      }
      some.push({ save, encoded });
      size += encoded.size;
    }
    end();
    return result;
  });
}

/** The first save of each channel, then the second ones. */
function rounds(saves: readonly ChannelSave[]): readonly (readonly ChannelSave[])[] {
  const counts = new Map<string, number>();
  const result: ChannelSave[][] = [];
  for (const save of saves) {
    const count = counts.get(save.channel) ?? 0;
    counts.set(save.channel, count + 1);
    result[count] ??= [];
    result[count].push(save);
  }
  for (const round of result) round.sort((one, other) => (one.channel < other.channel ? -1 : 1));
  return result;
}

/** One save as several, at the same version: what is saved again is saved once. */
function split(save: EncodedSave): readonly EncodedSave[] {
  const pieces: EncodedMessage[][] = [[]];
  let left = BATCH_SIZE;
  for (const message of save.messages) {
    const size = sizeOf(message);
    if (size > left && left < BATCH_SIZE) {
      pieces.push([]);
      left = BATCH_SIZE;
    }
    pieces.at(-1)?.push(message);
    left -= size;
  }
  return pieces.map((messages) => ({ ...save, messages }));
}

function callOf(saves: readonly EncodedSave[]): SaveCall {
  const contents: string[] = [];
  const row = (message: EncodedMessage): string => {
    contents.push(message.content);
    return `${message.row},"content":${contents.length}}`;
  };
  const channels = saves.map(({ head, messages }) => {
    const rows = (type: EncodedMessage["type"]): string =>
      messages
        .filter((message) => message.type === type)
        .map(row)
        .join(",");
    return `${head},"wholes":[${rows("wholes")}],"patches":[${rows("patches")}]}`;
  });
  return { channels: `[${channels.join(",")}]`, contents };
}
