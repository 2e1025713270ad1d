import { OURS } from "../report/comparisons.js";
import { count, ratio } from "../report/format.js";
import type { Results } from "../results.js";
import { type Chart, circle, line, logarithmic, picture, text } from "./svg.js";

/** Of which input. */
const INPUT = "agent";

const TOP = 62;
const ROW = 22;
const [LEFT, RIGHT] = [150, 640];

/** What each peer sends for one agent turn, to its text. */
export function bytesChart({ wire }: Results): Chart | undefined {
  const rows = Object.entries(wire?.[INPUT] ?? {})
    .map(([peer, row]) => ({
      peer,
      plain: row.ratio,
      deflated: (row.deflated * row.ratio) / row.bytes,
      // The whole input would be more still.
      than: row.windows === undefined ? "" : ">",
    }))
    .sort((a, b) => a.plain - b.plain);
  if (rows.length === 0) return undefined;
  const all = rows.flatMap(({ plain, deflated }) => [plain, deflated]);
  const axis = logarithmic([...all, 1], LEFT, RIGHT);
  const bottom = TOP + ROW * rows.length;
  const body = [
    text(0, 38, "bytes to one consumer, divided by the text: ● plain, ○ compressed; logarithmic"),
    ...axis.powers.flatMap((power) => [
      line("grid", axis.at(power), TOP - 8, axis.at(power), bottom),
      text(
        axis.at(power),
        bottom + 16,
        power === 1 ? "the text itself" : `${count(power)}×`,
        "",
        "middle",
      ),
    ]),
    ...rows.flatMap(({ peer, plain, deflated, than }, i) => {
      const y = TOP + ROW * i + 6;
      const mine = peer === OURS ? " mine" : "";
      const named = peer === OURS ? "ours" : "";
      return [
        text(LEFT - 14, y + 4, peer, named, "end"),
        line(`line${mine}`, axis.at(plain), y, axis.at(deflated), y),
        circle(`mark${mine}`, axis.at(plain), y, 5),
        `${circle(`ring${mine}`, axis.at(deflated), y, 4)}`,
        text(RIGHT + 14, y + 4, `${than}${ratio(plain)}, ${than}${ratio(deflated)}`, named),
      ];
    }),
  ];
  const said = rows.map(({ peer, plain, deflated, than }) => {
    return `${peer} ${than}${ratio(plain)} plain and ${than}${ratio(deflated)} compressed`;
  });
  const title = "An agent turn of 10,000 tokens on the wire";
  return {
    file: "bytes.svg",
    alt: "Bytes on the wire for one agent turn, by each way to send it",
    svg: picture(title, `Times the text itself: ${said.join("; ")}.`, bottom + 26, body),
  };
}
