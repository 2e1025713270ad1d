/** Colours, and where things stand: by the inspector's own size, not the page's. */
export const LAYOUT_STYLES = `
:host {
  all: initial;
  display: block;
  position: relative;
  box-sizing: border-box;
  width: 100%;
  height: 100%;
  min-height: 300px;
  overflow: hidden;
  contain: strict;
  color-scheme: inherit;
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.own-scheme { color-scheme: light dark; }

/* At the bottom of the window, over the page. */
:host(.docked) {
  position: fixed;
  inset: auto 0 0;
  height: min(var(--dock, 320px), 100vh);
  min-height: 0;
  z-index: 2147483647;
  box-shadow: 0 -4px 18px rgb(0 0 0 / 0.2);
}
:host(.folded) { height: 34px; }
.panel > .dock-divider { height: 7px; width: auto; margin: 0 0 -4px; cursor: ns-resize; }
.panel > .dock-divider::after { inset: 0; width: auto; height: 1px; background: var(--strong-border); }
:host(.folded) .panel > :not(.toolbar), :host(.folded) .filter-place { display: none; }

.panel {
  --ground: light-dark(#ffffff, #0f1318);
  --raised: light-dark(#f5f7f9, #171c23);
  --sunken: light-dark(#eef1f4, #0b0e12);
  --border: light-dark(#d3d9e0, #2d3540);
  --strong-border: light-dark(#848e9a, #657080);
  --text: light-dark(#1b2128, #e4e9ef);
  --quiet: light-dark(#56606c, #99a4b1);
  --accent: light-dark(#0b62c4, #62a8ff);
  --chosen: light-dark(#d9eaff, #163457);
  --received: light-dark(#2f7fd8, #4a96ee);
  --sent: light-dark(#b85c00, #e08a3c);
  --sent-text: light-dark(#964b00, #f0a35e);
  --good: light-dark(#1b6e36, #5bc27a);
  --good-ground: light-dark(#e0f3e5, #14301d);
  --notice: light-dark(#7d5200, #e3b04b);
  --notice-ground: light-dark(#fdf0cf, #372a0c);
  --bad: light-dark(#b3261e, #ff8a80);
  --bad-ground: light-dark(#fde7e5, #421613);
  --string: light-dark(#17603a, #7fd3a0);
  --number: light-dark(#0a5aa8, #7db8ff);
  --word: light-dark(#7a3e9d, #cf9bf0);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
  position: absolute;
  inset: 0;
  container: inspector / size;
  display: flex;
  flex-direction: column;
  background: var(--ground);
  color: var(--text);
  font: 12px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  text-align: start;
  -webkit-text-size-adjust: none;
}

.toolbar, .player, .status, .bar { display: flex; align-items: center; gap: 4px; }
.toolbar {
  flex: none;
  flex-wrap: wrap;
  row-gap: 0;
  padding: 0 6px;
  background: var(--raised);
  border-bottom: 1px solid var(--border);
}
.actions { display: flex; gap: 2px; padding: 3px 6px; }
.filter-place { flex: 1 1 480px; min-width: 0; padding: 3px 0; }
.filters { display: flex; align-items: center; gap: 6px; min-width: 0; }
.status {
  flex: none;
  min-height: 22px;
  padding: 1px 10px;
  background: var(--raised);
  border-top: 1px solid var(--border);
  color: var(--quiet);
  white-space: nowrap;
  overflow: hidden;
  font-variant-numeric: tabular-nums;
}
.player { flex: none; gap: 8px; padding: 3px 10px; background: var(--chosen); border-bottom: 1px solid var(--border); }
.player progress { flex: 1 1 60px; min-width: 40px; max-width: 400px; height: 8px; accent-color: var(--accent); }
.player .file { max-width: 40%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.player .quiet { white-space: nowrap; color: var(--text); }
.alert {
  display: flex; align-items: center; justify-content: space-between; flex: none; gap: 8px;
  padding: 4px 10px; background: var(--bad-ground); color: var(--bad);
}

.tab-panel, .frames, .state { flex: 1 1 0; min-height: 0; min-width: 0; display: flex; flex-direction: column; }
.split { flex: 1 1 0; min-height: 0; display: flex; position: relative; }
.timeline { flex: 1 1 0; min-width: 0; min-height: 0; position: relative; display: flex; }
.detail {
  flex: 0 1 var(--size, 42%); min-width: 0; min-height: 0; max-width: 100%;
  display: flex; flex-direction: column;
  background: var(--ground);
}
.detail > .bar { flex: none; padding: 0 4px 0 6px; background: var(--raised); border-bottom: 1px solid var(--border); }
.detail > .bar .title { flex: 1; text-align: end; }
.divider { position: relative; z-index: 1; flex: none; width: 9px; margin: 0 -4px; cursor: ew-resize; touch-action: none; }
.divider::after { content: ""; position: absolute; inset: 0 4px; width: 1px; background: var(--border); }
.divider:hover::after, .divider:focus-visible::after { background: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.frames:not(.has-detail) .split > .divider { display: none; }
.pane { flex: 1 1 0; min-height: 0; overflow: auto; overscroll-behavior: contain; }

.chart { flex: none; display: flex; position: relative; border-bottom: 1px solid var(--border); background: var(--sunken); }
.plot { position: relative; flex: 1 1 0; min-width: 0; height: 64px; cursor: crosshair; touch-action: pan-y; user-select: none; }
.plot canvas {
  display: block; width: 100%; height: 100%;
  /* What is drawn with: see ByteChart. */
  color: var(--received); border-color: var(--sent); outline-color: var(--strong-border); caret-color: var(--bad);
}
.brush { position: absolute; top: 0; bottom: 0; background: color-mix(in srgb, var(--accent) 16%, transparent); border-inline: 1px solid var(--accent); pointer-events: none; }
.handle { position: absolute; top: 0; bottom: 0; left: -8px; width: 16px; cursor: ew-resize; }
.handle::after {
  content: ""; position: absolute; left: 6px; top: 50%; width: 4px; height: 18px; margin-top: -9px;
  border-radius: 2px; background: var(--strong-border);
}
.handle:hover::after, .handle:focus-visible::after { background: var(--accent); }
.scale { position: absolute; inset: 2px 20px auto auto; display: flex; gap: 10px; pointer-events: none; color: var(--quiet); font-size: 11px; font-variant-numeric: tabular-nums; }
.scale span { padding: 0 4px; border-radius: 3px; background: color-mix(in srgb, var(--sunken) 82%, transparent); }
.scale span:empty { display: none; }

/* A timeline beside what is looked at needs room; without it, one stands below the other. */
@container inspector (width < 820px) {
  .split { flex-direction: column; }
  .detail { flex: 0 1 var(--size, 55%); }
  .split > .divider { width: auto; height: 9px; margin: -4px 0; cursor: ns-resize; }
  .split > .divider::after { inset: 4px 0; width: auto; height: 1px; }
  .filter-place { flex-basis: 100%; }
}
@container inspector (width < 820px) and (height < 460px) {
  .has-detail .detail { position: absolute; inset: 0; z-index: 2; }
  .split > .divider { display: none; }
}
@container inspector (height < 400px) {
  .plot { height: 36px; }
}
@container inspector (width < 560px) {
  .toolbar { padding: 0 2px; }
  .tab { padding-inline: 7px; }
  .actions { margin-inline-start: auto; padding-inline: 2px; }
  .filter-place { padding: 0 4px 3px; }
  .filters { gap: 4px; }
  .search-box { flex: 1 1 70px; min-width: 70px; }
  .filters select { flex: 1 1 40px; min-width: 40px; max-width: 90px; padding-inline: 4px 0; }
  .player .quiet, .scale .most { display: none; }
  .filters .text-button span { display: none; }
}
`;
