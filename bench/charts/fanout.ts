import { OURS } from "../report/comparisons.js";
import { count, ratio } from "../report/format.js";
import type { Results } from "../results.js";
import { bar, type Chart, picture, text } from "./svg.js";

/** To how many consumers. */
const CONSUMERS = "1000";

const TOP = 92;
const ROW = 26;
const PANELS = [
  ["fanout", 110, "one frame a turn"],
  ["fanoutTen", 440, "ten frames due together"],
] as const;
const BAR = 150;

/** What a server delivers to many consumers, to what `ws` alone does. */
export function fanoutChart(results: Results): Chart | undefined {
  const peers = Object.keys(results.fanout?.[CONSUMERS] ?? {});
  if (peers.length === 0) return undefined;
  const said: string[] = [];
  const panels = PANELS.flatMap(([section, left, words]) => {
    const rows = results[section]?.[CONSUMERS] ?? {};
    const most = Math.max(...Object.values(rows).map(({ perSecond }) => perSecond));
    const bars = peers.flatMap((peer, i) => {
      const row = rows[peer];
      if (row === undefined) return [];
      const y = TOP + ROW * i;
      const wide = (BAR * row.perSecond) / most;
      const label = `${ratio(row.toWs.perSecond)}× ${count(row.perSecond / 1000)}k/s`;
      said.push(`${peer}, ${words}: ${label}`);
      return [
        bar(peer === OURS ? "mark mine" : "mark", left, y - 11, wide, 15),
        text(left + wide + 8, y + 1, label, peer === OURS ? "ours" : ""),
      ];
    });
    return [text(left, TOP - 22, words), ...bars];
  });
  const names = peers.map((peer, i) =>
    text(96, TOP + ROW * i + 1, peer, peer === OURS ? "ours" : "", "end"),
  );
  return {
    file: "fanout.svg",
    alt: "Messages a second that one server delivers to 1,000 consumers",
    svg: picture(
      "Fan-out to 1,000 consumers",
      `Times what ws alone delivers, and thousands of messages a second. ${said.join("; ")}.`,
      TOP + ROW * peers.length,
      [
        text(
          0,
          38,
          "messages a second by one server process, and times bare ws; each panel has its own scale",
        ),
        ...names,
        ...panels,
      ],
    ),
  };
}
