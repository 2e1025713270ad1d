/** Buttons, tabs and fields. */
export const CONTROL_STYLES = `
button, select, input { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }

.icon-button, .text-button {
  display: inline-flex; align-items: center; justify-content: center; gap: 4px; flex: none;
  min-width: 26px; height: 26px; padding: 0 5px;
  border: 1px solid transparent; border-radius: 5px; background: transparent; white-space: nowrap;
}
.text-button { padding: 0 8px; border-color: var(--border); background: var(--ground); }
.icon-button:hover, .text-button:hover { background: color-mix(in srgb, var(--text) 9%, transparent); }
.icon-button[aria-pressed="true"] { color: var(--accent); background: color-mix(in srgb, var(--accent) 15%, transparent); }
.icon-button:disabled { opacity: 0.45; cursor: default; }

.tabs { display: flex; flex: none; align-self: stretch; }
.tab {
  min-height: 32px; padding: 0 11px; border: none; border-bottom: 2px solid transparent; border-top: 2px solid transparent;
  background: transparent; color: var(--quiet); font-weight: 500;
}
.tab:hover { color: var(--text); }
.tab[aria-selected="true"] { color: var(--text); border-bottom-color: var(--accent); }

select, .search, .search-box {
  height: 26px; border: 1px solid var(--border); border-radius: 5px; background: var(--ground);
}
select { padding: 0 2px 0 6px; min-width: 0; max-width: 180px; text-overflow: ellipsis; }
.search-box { display: flex; align-items: center; flex: 1 1 120px; min-width: 90px; max-width: 360px; padding-inline-start: 6px; gap: 4px; color: var(--quiet); }
.search-box:focus-within { outline: 2px solid var(--accent); outline-offset: -2px; }
.search { flex: 1; min-width: 0; height: 24px; border: none; outline: none; background: transparent; color: var(--text); }
.search::placeholder { color: var(--quiet); opacity: 1; }
input[type="checkbox"] { accent-color: var(--accent); margin: 0; }

.anchor { position: relative; flex: none; }
.popover {
  position: absolute; inset-inline-end: 0; top: 30px; z-index: 5; width: 230px; max-height: min(420px, 62cqh); overflow: auto;
  padding: 6px; border: 1px solid var(--strong-border); border-radius: 7px; background: var(--ground);
  box-shadow: 0 8px 24px rgb(0 0 0 / 0.24);
}
.popover .bar { gap: 6px; padding: 0 2px 6px; }
.kind-line { display: flex; align-items: center; gap: 7px; min-height: 24px; padding: 0 4px; border-radius: 4px; font-family: var(--mono); font-size: 11.5px; }
.kind-line:hover { background: var(--raised); }
.kind-line .count { margin-inline-start: auto; color: var(--quiet); }

.link, .disclose { padding: 0 2px; border: none; background: none; color: var(--accent); }
.link { text-decoration: underline; text-underline-offset: 2px; }
.newest {
  position: absolute; inset: auto 50% 10px auto; transform: translateX(50%); padding: 4px 12px;
  border: none; border-radius: 14px; background: var(--accent); color: light-dark(#ffffff, #06182e); font-weight: 600;
  box-shadow: 0 2px 10px rgb(0 0 0 / 0.3); white-space: nowrap;
}
.slider { flex: 1 1 120px; min-width: 60px; accent-color: var(--accent); }
.tag { display: inline-block; padding: 0 6px; border-radius: 8px; font-size: 11px; line-height: 16px; }
.tag.quiet { color: var(--quiet); background: var(--sunken); }
.tag.good, .row.good .reason { color: var(--good); }
.tag.good { background: var(--good-ground); }
.tag.notice, .row.notice .reason { color: var(--notice); }
.tag.notice { background: var(--notice-ground); }
.tag.bad, .row.bad .reason { color: var(--bad); }
.tag.bad { background: var(--bad-ground); }
@media (forced-colors: active) {
  .icon-button[aria-pressed="true"], .tab[aria-selected="true"] { border-color: Highlight; }
  .row[aria-selected="true"] { outline: 1px solid Highlight; outline-offset: -1px; }
}
`;
