import { bytes, time } from "../report/format.js";
import type { Table } from "../report/table.js";
import type { Medians, Named, PayloadRow, Results } from "../results.js";

/** How much smaller, in whole percent. */
const smaller = (value: number, than: number): string =>
  `${Math.round(100 * (1 - value / than))} %`;

const NOTE =
  "A message's mean, framing included; of a late join the snapshot, for each message in it. Each layer " +
  "has those above it; compression is the state as dictionary, for 100 who follow. In brackets how much " +
  "smaller than our JSON frames. Eight sentences come again and again, which flatters compression.";

/** Ordinary messages, layer by layer. */
export function payloadTables({ payload }: Results): Table[] {
  if (payload === undefined) return [];
  const inputs = Object.keys(payload);
  const layers = [...new Set(inputs.flatMap((input) => Object.keys(payload[input] ?? {})))];
  const cell = (rows: Named<Medians<PayloadRow>> | undefined, layer: string): string => {
    const [row, json] = [rows?.[layer], rows?.JSON];
    if (row === undefined || json === undefined) return "–";
    return row === json
      ? bytes(row.bytes)
      : `${bytes(row.bytes)} (${smaller(row.bytes, json.bytes)})`;
  };
  const table: Table = {
    title: "Bytes of ordinary messages, layer by layer",
    note: NOTE,
    head: ["", ...inputs],
    rows: layers.map((layer) => [layer, ...inputs.map((input) => cell(payload[input], layer))]),
  };
  const timed = inputs.filter((input) =>
    Object.values(payload[input] ?? {}).some(({ encode }) => encode !== undefined),
  );
  const times: Table = {
    title: "CPU to encode a message, plain and compact",
    head: ["", ...timed],
    rows: ["MessagePack", "+ timestamps"].map((layer) => [
      layer,
      ...timed.map((input) => time(payload[input]?.[layer]?.encode ?? Number.NaN)),
    ]),
  };
  return [table, times];
}
