import type { AwayRow, DeskSnapshot, ResultRow, WaitingRow } from "./command-entry.js";
import type { AbsentRow, EndedAt, EngineSnapshot } from "./entry.js";
import { type Fields, frameOf } from "./record-fields.js";
import { endedOf, producerOf, statedChannelOf, takingOf } from "./record-rows.js";

/** Reads an {@link EngineSnapshot} as it is stored: as it is. */
export const snapshotOf = (fields: Fields): EngineSnapshot => ({
  channel: statedChannelOf(fields.fields("channel")),
  token: fields.count("token"),
  producers: fields.list("producers", producerOf),
  tombstones: fields.list("tombstones", endedOf),
  absent: fields.list("absent", absentOf),
  ...fields.optionalId("keeper"),
  ended: fields.list("ended", endedAtOf),
  pending: fields.list("pending", endedOf),
  commands: deskOf(fields.fields("commands")),
});

const absentOf = (fields: Fields): AbsentRow => ({
  producer: fields.id("producer"),
  since: fields.number("since"),
  interrupted: fields.flag("interrupted"),
});

const endedAtOf = (fields: Fields): EndedAt => ({ id: fields.id("id"), at: fields.number("at") });

const deskOf = (fields: Fields): DeskSnapshot => ({
  waiting: fields.list("waiting", waitingOf),
  takers: fields.list("takers", takingOf),
  away: fields.list("away", awayOf),
  results: fields.list("results", resultOf),
});

const waitingOf = (fields: Fields): WaitingRow => ({
  frame: frameOf("command", fields.raw("frame"), fields.at("frame")),
  dueAt: fields.number("dueAt"),
  ...fields.optionalId("taker"),
});

const awayOf = (fields: Fields): AwayRow => ({
  ...takingOf(fields),
  until: fields.number("until"),
});

const resultOf = (fields: Fields): ResultRow => ({
  key: fields.text("key"),
  frame: frameOf("command_result", fields.raw("frame"), fields.at("frame")),
});
