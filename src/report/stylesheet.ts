import { PRINT } from "./print-styles.js";

/** The stylesheet of the report and of `verifier.html`: screen, phone, dark, and A4 print. */
export function stylesheet(): string {
  return [COLOURS, TEXT, LAYOUT, TABLES, PICTURES, CASES, CONTROLS, PRINT].join("");
}

/** Marks differ in lightness too, for print without colour and for who sees no colours. */
const COLOURS = `
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --soft: #57606a; --line: #dde2e8; --edge: #b8c0c9;
  --paper: #fff; --shade: #f5f7f9; --mark: #fff6d6;
  --link: #0a55bf; --good: #0e6a34; --bad: #b0141c; --open: #7a4d00;
  --a: #155e70; --b: #dd6b37; --c: #aab6c2; --d: #7d62a8; --track: #dbe4ea; --grid: #e6eaee;
  --more: #1b1f2440;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e9ef; --soft: #9ba7b4; --line: #2b333c; --edge: #4a5561;
    --paper: #0f1318; --shade: #171d24; --mark: #3a3213;
    --link: #79b4ff; --good: #5ad27f; --bad: #ff8a86; --open: #e6b450;
    --a: #4fb0c6; --b: #e98a5b; --c: #66737f; --d: #a78bd6; --track: #2a3640; --grid: #222a32;
    --more: #9ba7b480;
  }
}
`;

const TEXT = `
*, ::before, ::after { box-sizing: border-box; }
html { scroll-padding-top: 1.25rem; text-size-adjust: 100%; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.55 var(--sans); font-variant-numeric: tabular-nums lining-nums;
}
h1, h2, h3 { line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; letter-spacing: -.015em; margin: 0 0 .35rem; }
h2 { font-size: 1.25rem; letter-spacing: -.01em; margin: 0 0 1rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, li { max-width: 72ch; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
ul, ol { padding-left: 1.25rem; margin: .5rem 0; }
li + li { margin-top: .25rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .18em; }
a:hover { text-decoration-thickness: 2px; }
code, pre { font-family: var(--mono); font-size: .86em; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: .5rem 0; }
:not(td) > time { white-space: nowrap; }
.none { color: var(--soft); }
.bad { color: var(--bad); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
`;

/**
 * The browser lays out sections and cases when they come near the screen, so a page with thousands
 * of entries is there sooner.
 */
const LAYOUT = `
main > section:not(#verification), .case {
  content-visibility: auto; contain-intrinsic-size: auto 40rem;
}
body {
  max-width: 88rem; margin: 0 auto; padding: 2rem clamp(1rem, 3vw, 2.5rem) 3rem;
}
body > header { padding-bottom: 1.25rem; border-bottom: 2px solid var(--ink); }
body > header p { color: var(--soft); margin: 0; }
nav ul {
  display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 1rem 0 0;
  padding: 0; font-size: .875rem;
}
nav li { margin: 0; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
main > section { padding-top: 2.75rem; min-width: 0; }
@media (min-width: 72rem) {
  body:has(> nav) { display: grid; grid-template-columns: 9rem minmax(0, 1fr); column-gap: 2.5rem; }
  body:has(> nav) > header, body:has(> nav) > footer { grid-column: 1 / -1; }
  body:has(> nav) > nav { grid-column: 1; position: sticky; top: 0; align-self: start; }
  body:has(> nav) > nav ul { flex-direction: column; gap: .1rem; padding-top: 2.1rem; }
  body:has(> nav) > nav a { display: block; padding: .2rem 0; color: var(--soft); }
  body:has(> nav) > nav a:hover { color: var(--link); }
  body:has(> nav) > main { grid-column: 2; }
}
dl { margin: .75rem 0; }
dl > div {
  display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr); gap: 0 1.25rem;
  padding: .32rem 0; border-top: 1px solid var(--line);
}
dl > div:last-child { border-bottom: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
dd ul { margin: 0; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0;
  border: 1px solid var(--line); border-width: 1px 0;
}
.figures > div, .figures > div:last-child {
  display: flex; flex-direction: column-reverse; justify-content: flex-end; gap: 0;
  padding: .75rem 1rem .8rem 0; border: 0;
}
.figures dt { font-size: .8125rem; line-height: 1.35; }
.figures dd { font-size: 1.875rem; font-weight: 600; line-height: 1.2; letter-spacing: -.02em; }
#verification {
  margin-top: 1.75rem; padding: 1.1rem 1.4rem 1.2rem; background: var(--shade);
  border: 1px solid var(--line); border-left: 4px solid var(--open); border-radius: .25rem;
}
#verification:has(.verdict-verified) { border-left-color: var(--good); }
#verification:has(.verdict-failed) { border-left-color: var(--bad); }
#verification h2 { margin-bottom: .5rem; }
body > footer {
  margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--edge); color: var(--soft);
  font-size: .8125rem;
}
@media (max-width: 44rem) {
  body { padding-top: 1.25rem; }
  h1 { font-size: 1.4rem; }
  dl > div { grid-template-columns: minmax(0, 1fr); }
  dt { font-size: .8125rem; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  #verification { margin-inline: -.5rem; padding: .9rem .9rem 1rem; }
}
`;

/**
 * A table that is too wide scrolls inside itself, and a shadow at an edge says that there is more.
 * On a narrow screen, the rows of a wide table are stacked, and a table of entries gives the line
 * and the hash all of the width. The table of entries gives its room to the canonical line.
 */
const TABLES = `
.scroll { margin: 1rem 0; max-width: 100%; }
.scroll, .drawing {
  overflow-x: auto; scrollbar-width: thin; scrollbar-color: var(--edge) transparent;
  background:
    linear-gradient(to right, var(--paper) 60%, transparent) left / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 60%, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--more), transparent) left / .7rem 100% no-repeat,
    linear-gradient(to left, var(--more), transparent) right / .7rem 100% no-repeat;
}
table { border-collapse: collapse; width: 100%; font-size: .8125rem; line-height: 1.45; }
caption {
  text-align: left; color: var(--soft); font-size: .8125rem; padding: 0 0 .4rem;
}
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th {
  font-weight: 600; color: var(--soft); vertical-align: bottom;
  border-bottom: 1px solid var(--edge);
}
tbody :is(th, td) { border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
tbody th { font-weight: 400; }
tbody tr:hover > td { background: var(--shade); }
td ul { padding-left: 1rem; margin: .2rem 0 0; }
tr:target > td, tr:target:hover > td { background: var(--mark); }
tr[data-failed] > td { color: var(--bad); font-weight: 600; }
tr[data-failed] > td:first-child { box-shadow: inset 3px 0 var(--bad); padding-left: .5rem; }
table[data-table="entries"] { table-layout: fixed; }
table[data-table="entries"] td { overflow-wrap: anywhere; }
table[data-table="entries"] th:nth-child(1) { width: 3.4rem; }
table[data-table="entries"] th:nth-child(2) { width: 7rem; }
table[data-table="entries"] th:nth-child(3) { width: 9.5rem; }
table[data-table="entries"] th:nth-child(5) { width: 14rem; }
table[data-table="entries"] td:nth-child(n + 4) { font-size: .72rem; line-height: 1.4; }
@media screen and (max-width: 62rem) {
  table[data-table="entries"], table[data-table="entries"] > * { display: block; }
  table[data-table="entries"] tr:not([hidden]) {
    display: grid; grid-template-columns: max-content max-content minmax(0, 1fr);
    gap: .15rem .9rem;
    padding: .45rem 0; border-bottom: 1px solid var(--line);
  }
  table[data-table="entries"] :is(th, td):nth-child(n) {
    width: auto; padding: 0; border: 0; text-align: left;
  }
  table[data-table="entries"] :is(th, td):nth-child(n + 4) { grid-column: 1 / -1; }
}
@media screen and (max-width: 44rem) {
  th, td { padding-right: .5rem; }
  .stacked, .stacked > *, .stacked td { display: block; }
  .stacked > thead tr { display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
  .stacked > thead { border-bottom: 1px solid var(--edge); padding-bottom: .3rem; }
  .stacked > thead th { border: 0; padding: 0; }
  .stacked > tbody > tr {
    display: block; padding: .4rem 0; border-bottom: 1px solid var(--edge);
  }
  table.stacked td:nth-child(n) {
    position: relative; padding: .12rem 0 .12rem 7rem; border: 0; text-align: left;
    white-space: normal; min-width: 0;
  }
  .stacked td:empty { display: none; }
  .stacked td::before {
    content: attr(data-label) / ""; position: absolute; left: 0; width: 6.5rem; color: var(--soft);
  }
}
`;

const PICTURES = `
#pictures { container-type: inline-size; }
figure {
  margin: 1.75rem 0 0; display: grid; gap: .25rem 2.5rem;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
}
figcaption { grid-column: 1 / -1; }
figcaption h3 { margin: 0; }
figcaption p { color: var(--soft); margin: .15rem 0 .5rem; }
.picture svg { display: block; width: 100%; height: auto; }
.picture text { font: 12px var(--sans); fill: var(--soft); }
.picture .grid { stroke: var(--grid); }
.picture rect { stroke: var(--paper); stroke-width: .5; }
.approve, .in-force, .voted, .decided { fill: var(--a); }
.reject, .not-valid { fill: var(--b); }
.abstain, .revoked { fill: var(--c); }
.other, .expired { fill: var(--d); }
.eligible, .uncertain { fill: var(--track); }
.hatch-b { fill: var(--b); }
.hatch-d { fill: var(--d); }
.hatches { position: absolute; }
.hatches path { stroke: #000; stroke-width: 1.2; }
.picture .uncertain { stroke: var(--soft); }
.legend {
  display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0;
  margin: 0 0 .5rem; font-size: .8125rem; color: var(--soft);
}
.legend li { display: flex; align-items: center; gap: .4rem; margin: 0; }
.picture .legend svg { width: .75rem; height: .75rem; flex: none; }
.data { min-width: 0; }
.data .scroll {
  margin: 0 0 1rem; max-height: 19rem; overflow: auto;
  background:
    linear-gradient(to top, var(--paper) 60%, transparent) bottom / 100% 2rem no-repeat local,
    linear-gradient(to top, var(--more), transparent) bottom / 100% .7rem no-repeat,
    linear-gradient(to right, var(--paper) 60%, transparent) left / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 60%, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--more), transparent) left / .7rem 100% no-repeat,
    linear-gradient(to left, var(--more), transparent) right / .7rem 100% no-repeat;
}
.data thead th { position: sticky; top: 0; background: var(--paper); }
@container (max-width: 58rem) {
  figure { grid-template-columns: minmax(0, 1fr); }
}
@container (max-width: 34rem) {
  .drawing > svg { min-width: 30rem; }
}
@media print, (forced-colors: active) {
  .picture :is(.reject, .not-valid) { fill: url(#hatch-b) var(--b); }
  .picture :is(.other, .expired) { fill: url(#hatch-d) var(--d); }
}
@media (forced-colors: active) {
  .scroll, .drawing { border: 1px solid CanvasText; }
  .picture rect { forced-color-adjust: none; stroke: CanvasText; stroke-width: 1; }
  .picture text { fill: CanvasText; }
  .picture .grid { stroke: GrayText; }
  tr:is([data-failed], :target) > td:first-child { border-left: 4px solid CanvasText; }
}
`;

const CASES = `
.case { border-top: 1px solid var(--edge); padding: 0 0 1.25rem; }
.case > summary, .rules > summary {
  cursor: pointer; padding: .8rem 0; list-style: none; display: flex; align-items: baseline;
  gap: .6rem;
}
:is(.case, .rules) > summary::-webkit-details-marker { display: none; }
.case > summary::before, .rules > summary::before {
  content: "▸"; flex: none; width: .8em; color: var(--soft);
}
.case[open] > summary::before, .rules[open] > summary::before { content: "▾"; }
.case > summary h3 { margin: 0; }
.case > dl, .rules > dl { margin-top: 0; }
.case:target > summary { background: var(--mark); }
.state, .severity {
  display: inline-block; padding: .05em .6em; border: 1px solid currentColor; border-radius: 1em;
  font-size: .75rem; font-weight: 600; line-height: 1.4; letter-spacing: 0; white-space: nowrap;
  color: var(--soft);
}
h3 .state { vertical-align: .1em; margin-left: .4em; }
.state.passed, .state.yes { color: var(--good); }
.state.rejected, .state.contradictory, .severity.error { color: var(--bad); }
.state.unknown, .state.expired, .severity.warning { color: var(--open); }
.timeline {
  list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem 0; font-size: .8125rem;
}
.timeline li {
  margin: 0; padding: 0 1.4rem 0 .7rem; border-left: 2px solid var(--a);
}
.timeline span { display: block; font-weight: 600; }
`;

const CONTROLS = `
#verdict { font-size: 1.05rem; font-weight: 600; margin: 0 0 .5rem; }
.verdict-verified { color: var(--good); }
.verdict-failed { color: var(--bad); }
.verdict-unknown { color: var(--open); }
.controls { display: flex; flex-wrap: wrap; gap: .6rem .75rem; align-items: end; margin: .9rem 0; }
.controls label {
  display: grid; grid-template-columns: minmax(0, 1fr); max-width: 100%; gap: .2rem;
  color: var(--soft); font-size: .8125rem;
}
button, input, select, textarea {
  font: inherit; font-size: .875rem; color: var(--ink); background: var(--paper);
  border: 1px solid var(--edge); border-radius: .3rem; padding: .4rem .75rem; max-width: 100%;
}
textarea { font-family: var(--mono); font-size: .8125rem; height: 5.5rem; width: 100%; }
.controls label:has(textarea) { flex: 1 1 20rem; }
#verifier > .controls + .controls { margin-bottom: 1.2rem; }
.controls .controls { margin: 0; max-width: 100%; }
#search > .controls {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
}
#search input { width: 100%; }
#search button { justify-self: start; }
.fingerprint { font-family: var(--mono); font-size: .8125rem; }
#outcome table { width: auto; }
#outcome tbody th { padding-right: 2rem; }
#outcome td { font-weight: 600; }
button { cursor: pointer; font-weight: 500; }
button:hover:not(:disabled) { border-color: var(--ink); }
button:disabled { color: var(--soft); cursor: default; }
caption button { margin-left: .6rem; padding: .1rem .6rem; font-size: .75rem; }
th button, th button:hover {
  all: unset; cursor: pointer; box-sizing: border-box;
}
th button:hover { color: var(--ink); text-decoration: underline; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th[aria-sort="ascending"] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
.progress { width: 100%; max-width: 40rem; accent-color: var(--link); }
`;
