/** Timeline, trees, tables. */
export const CONTENT_STYLES = `
.grid { flex: 1 1 0; min-width: 0; overflow: auto; overflow-anchor: none; position: relative; font-variant-numeric: tabular-nums; }
.head { position: sticky; top: 0; z-index: 1; }
.head-row, .row {
  display: grid; align-items: center; height: 24px; padding: 0 8px; column-gap: 10px;
  grid-template-columns: 84px 14px 112px minmax(70px, 150px) 62px 62px 62px 84px minmax(80px, 1fr);
}
.head-row { background: var(--raised); border-bottom: 1px solid var(--border); color: var(--quiet); font-size: 11px; font-weight: 600; }
.body { will-change: transform; contain: layout style; }
.space { contain: size layout style; overflow: clip; }
.row { contain: strict; width: 100%; font: 11.5px/24px var(--mono); cursor: default; border-bottom: 1px solid color-mix(in srgb, var(--border) 45%, transparent); }
.row:hover { background: color-mix(in srgb, var(--text) 5%, transparent); }
.row.event { background: var(--raised); color: var(--quiet); }
.row.bad { background: var(--bad-ground); }
.row[aria-selected="true"] { background: var(--chosen); }
.grid:focus-visible .row[aria-selected="true"] { outline: 2px solid var(--accent); outline-offset: -2px; }
.cell { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.cell.time, .cell.seq, .cell.size, .cell.latency { text-align: end; }
.cell.time, .cell.channel, .cell.latency, .cell.carries { color: var(--quiet); }
.row.quiet .reason { color: var(--quiet); }
.cell.way { text-align: center; text-overflow: clip; font-weight: 700; }
.row.received .way { color: var(--number); }
.row.sent .way { color: var(--sent-text); }
.row[aria-selected="true"] .cell:not(.way, .reason) { color: var(--text); }
.empty { position: absolute; inset: 40px 0 auto; margin: 0; text-align: center; color: var(--quiet); }
.empty:empty { display: none; }

@container inspector (width < 1700px) {
  .has-detail .head-row, .has-detail .row { grid-template-columns: 84px 14px 112px minmax(60px, 120px) 62px 62px 84px minmax(80px, 1fr); }
  .has-detail .cell.latency { display: none; }
}
@container inspector (width < 1180px) {
  .has-detail .head-row, .has-detail .row { grid-template-columns: 78px 14px minmax(70px, 112px) 54px 58px 80px minmax(40px, 1fr); }
  .has-detail .cell.channel, .has-detail .cell.latency { display: none; }
}
@container inspector (width < 820px) {
  .frames .head-row, .frames .row { grid-template-columns: 78px 14px minmax(90px, 112px) 54px 58px 80px minmax(40px, 1fr); }
  .cell.channel, .cell.latency { display: none; }
}
@container inspector (width < 560px) {
  .frames .head-row, .frames .row { grid-template-columns: 74px 10px minmax(60px, 1fr) 44px 52px 70px; column-gap: 6px; padding: 0 6px; }
  .cell.carries { display: none; }
}

.title { margin: 0; font-size: 12px; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.detail > .bar .title { font-family: var(--mono); font-size: 11.5px; color: var(--quiet); padding-inline-end: 4px; }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; margin: 0; padding: 8px 12px; border-bottom: 1px solid var(--border); }
.fact { display: contents; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }

.tree { padding: 6px 4px 8px; font: 11.5px/19px var(--mono); }
.line { position: relative; padding: 0 6px 0 calc(18px + var(--level, 0) * 14px); border-radius: 3px; overflow-wrap: anywhere; }
.line[aria-expanded] { cursor: pointer; }
.line[aria-expanded]::before {
  content: ""; position: absolute; left: calc(6px + var(--level, 0) * 14px); top: 6px;
  border: 4px solid transparent; border-inline-start: 5px solid var(--quiet); border-inline-end: none;
}
.line[aria-expanded="true"]::before { transform: rotate(90deg); }
.line:hover { background: color-mix(in srgb, var(--text) 5%, transparent); }
.line.added { background: var(--good-ground); }
.line.changed { background: var(--notice-ground); }
.line.removed { background: var(--bad-ground); }
.name { color: var(--text); font-weight: 600; margin-inline-end: 8px; }
.name + .value { white-space: pre-wrap; }
.value.text { color: var(--string); }
.value.number { color: var(--number); }
.value.word { color: var(--word); }
.value.plain { color: var(--quiet); }
.value.more { color: var(--accent); cursor: pointer; text-decoration: underline; }
.block { display: block; margin: 2px 0; padding: 3px 6px; border-radius: 4px; background: var(--ground); border: 1px solid var(--border); white-space: pre-wrap; overflow-wrap: anywhere; cursor: text; user-select: text; }
.raw .block { border: none; padding: 0; background: none; }
.raw .line { padding-inline-start: 8px; }
.raw .line:hover { background: none; }
ins { text-decoration: none; background: light-dark(#b9ebc6, #1d5a31); color: inherit; border-radius: 2px; }
del { background: light-dark(#ffc9c4, #6e211b); color: inherit; border-radius: 2px; }
.fold { color: var(--quiet); font-style: italic; }

.step { display: flex; flex-wrap: wrap; }
.part { flex: 1 1 380px; min-width: 0; }
.part .bar { gap: 12px; padding: 8px 12px 0; }
.said { margin: 0; padding: 2px 12px; color: var(--quiet); }
.said:empty { display: none; }
.choice { display: inline-flex; align-items: center; gap: 5px; color: var(--quiet); }
.pane > .link { margin: 8px 12px 0; }
.versions { flex: none; flex-wrap: wrap; gap: 4px 6px; padding: 5px 10px; background: var(--raised); border-bottom: 1px solid var(--border); }
.version { font-variant-numeric: tabular-nums; white-space: nowrap; }

.scroll { flex: 1 1 0; min-height: 0; overflow: auto; }
.totals { border-collapse: collapse; min-width: 100%; font-variant-numeric: tabular-nums; }
.totals th, .totals td { padding: 4px 12px; text-align: end; white-space: nowrap; border-bottom: 1px solid var(--border); font-weight: 400; }
.totals thead th { position: sticky; top: 0; z-index: 1; background: var(--raised); color: var(--quiet); font-size: 11px; font-weight: 600; }
.totals .first { position: sticky; inset-inline-start: 0; text-align: start; background: var(--ground); max-width: 320px; overflow: hidden; text-overflow: ellipsis; }
.totals thead .first { z-index: 2; background: var(--raised); }
.totals .all td, .totals .all th { font-weight: 600; }
.totals .kinds td { color: var(--quiet); border-bottom-color: transparent; padding-block: 1px; font-size: 11.5px; }
.totals .kind { padding-block: 1px; padding-inline-start: 30px; color: var(--quiet); font: 11.5px var(--mono); border-bottom-color: transparent; }
.disclose { font-weight: inherit; color: var(--text); }
.disclose::before { content: "▸"; display: inline-block; width: 14px; color: var(--quiet); }
.disclose[aria-expanded="true"]::before { content: "▾"; }
@container inspector (width < 560px) {
  .totals th, .totals td { padding: 4px 8px; }
  .totals .first { max-width: 150px; }
}
`;
