import type { TapEvent } from "@deltawire/client";
import { createCodec } from "@deltawire/protocol";
import { type Change, type ChangesFrame, type Frame, SUBPROTOCOLS } from "@deltawire/spec";

// Events of channel "c" as a tap tells them, in the JSON codec.

const codec = createCodec(SUBPROTOCOLS.json);

type Direction = "sent" | "received";

export const message = (at: number, direction: Direction, frame: Frame): TapEvent => ({
  type: "message",
  at,
  connection: 1,
  direction,
  message: codec.encode(frame).join(""),
  frame,
});

export const opened = (at: number): TapEvent => ({
  type: "opened",
  at,
  connection: 1,
  transport: "websocket",
});

export const changes = (from: number, ...list: Change[]): ChangesFrame => ({
  type: "changes",
  channel: "c",
  from,
  to: from + 1,
  changes: list,
});

export const append = (changed_offset: number, text: string, id = "m"): Change => ({
  type: "message_patch",
  id,
  parts: [{ type: "text_splice", part: "text", splices: [{ changed_offset, removed: 0, text }] }],
});

/** A reader joins the channel, whose message "m" has a text. */
export const joined = (text = ""): TapEvent[] => [
  opened(0),
  message(1, "sent", { type: "subscribe", channel: "c", request: 1 }),
  message(2, "received", {
    ...{ type: "subscribed", channel: "c", request: 1, epoch: "e", seq: 0 },
    answer: "snapshot",
  }),
  message(3, "received", {
    ...{ type: "snapshot", channel: "c", request: 1, epoch: "e", seq: 0 },
    messages: [
      {
        ...{ id: "m", generation: 0, role: "assistant", status: "streaming" },
        parts: [{ id: "text", kind: "text", text }],
      },
    ],
  }),
];
