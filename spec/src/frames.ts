import type { Change } from "./changes.js";
import type { Closure, JsonObject, MessageSnapshot } from "./content.js";
import type * as control from "./control.js";

/** Takes a replica from version `from` to version `to`. PROTOCOL.md, "changes". */
export interface ChangesFrame {
  readonly type: "changes";
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  /** The `subscribe` that this catches up for; absent on live frames. */
  readonly request?: number;
  readonly changes: readonly Change[];
}

/** The state of a channel at a version, or a chunk of it. PROTOCOL.md, "snapshot". */
export interface SnapshotFrame {
  readonly type: "snapshot";
  readonly channel: string;
  readonly request: number;
  readonly epoch: string;
  readonly seq: number;
  /** Present when further chunks follow. */
  readonly more?: true;
  readonly attributes?: JsonObject;
  readonly closed?: Closure;
  /** Messages before the first one that are left out; in the first chunk, absent for none. */
  readonly earlier?: number;
  readonly messages: readonly MessageSnapshot[];
}

/** Messages before those of a windowed snapshot, at a version. PROTOCOL.md, "history_page". */
export interface HistoryPageFrame {
  readonly type: "history_page";
  readonly channel: string;
  /** The `history` that it answers. */
  readonly request: number;
  readonly epoch: string;
  readonly seq: number;
  /** Messages before the first one of the page; absent for none. */
  readonly earlier?: number;
  readonly messages: readonly MessageSnapshot[];
}

/** Every frame of version 1; PROTOCOL.md has a section of each one's name. */
export type Frame =
  | control.HelloFrame // client to server
  | control.WelcomeFrame // server to client
  | control.AuthenticateFrame // client to server
  | control.AuthenticatedFrame // server to client
  | control.SubscribeFrame // client to server
  | control.SubscribedFrame // server to client
  | control.UnsubscribeFrame // client to server
  | SnapshotFrame // server to client
  | control.HistoryFrame // client to server
  | HistoryPageFrame // server to client
  | control.ProduceFrame // client to server
  | control.ProducingFrame // server to client
  | ChangesFrame // both ways
  | control.AckFrame // server to client
  | control.CheckpointFrame // server to client
  | control.CommandFrame // both ways
  | control.CommandResultFrame // both ways
  | control.PingFrame // both ways
  | control.PongFrame // both ways
  | control.ErrorFrame // both ways
  | control.GoodbyeFrame; // server to client

/** The literal of each frame. */
export type FrameType = Frame["type"];

/** A frame that concerns one channel; the MessagePack codec leaves its name out. */
export type ChannelFrame = Exclude<
  Extract<Frame, { readonly channel: string }>,
  { readonly type: "error" }
>;
