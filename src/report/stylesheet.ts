/** The stylesheet of the report and of `verifier.html`: screen, phone, dark, and A4 print. */
export function stylesheet(): string {
  return STYLE;
}

const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff; --shade: #f6f8fa;
  --link: #0a58ca; --good: #116329; --bad: #b3141d; --open: #7a4d00;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d; --paper: #0d1117; --shade: #161b22;
    --link: #6cb0ff; --good: #56d364; --bad: #ff8182; --open: #e3b341;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0 auto; max-width: 78rem; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.5 var(--sans); font-variant-numeric: tabular-nums;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 {
  font-size: 1.3rem; margin: 3rem 0 1rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line);
}
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p, li { max-width: 75ch; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
code, pre { font-family: var(--mono); font-size: .86em; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav ul {
  display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; margin: 0; padding: 0;
}
dl { margin: .75rem 0; }
dl > div {
  display: grid; grid-template-columns: minmax(9rem, 15rem) 1fr; gap: 1rem; padding: .3rem 0;
}
dl > div + div { border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem;
}
.figures > div {
  display: flex; flex-direction: column-reverse; justify-content: flex-end; gap: 0;
  padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
}
.figures dt { font-size: .875rem; }
.figures dd { font-size: 1.75rem; font-weight: 600; line-height: 1.2; }
.scroll { overflow-x: auto; margin: 1rem 0; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
caption { text-align: left; color: var(--soft); padding: 0 0 .4rem; }
th, td {
  text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line);
}
thead th { background: var(--shade); font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; min-width: 4rem; }
th.number, td.number { text-align: right; min-width: 3rem; }
td.time { white-space: nowrap; }
td.id, td.hash { min-width: 11rem; }
td.line { min-width: 26rem; }
tr:target > td, .case:target { background: var(--shade); }
tr[data-failed] > td { color: var(--bad); border-left: 3px solid var(--bad); }
.none { color: var(--soft); }
.case { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem; margin: 1rem 0; }
.case > summary { cursor: pointer; padding: .75rem 0; }
.case > summary h3 { display: inline; margin: 0; overflow-wrap: anywhere; }
.state, .severity {
  display: inline-block; padding: 0 .5em; border: 1px solid currentColor; border-radius: 1em;
  font-size: .8rem; font-weight: 600; color: var(--soft);
}
.state.passed, .state.yes, .verdict-verified { color: var(--good); }
.state.rejected, .state.contradictory, .severity.error, .verdict-failed { color: var(--bad); }
.state.unknown, .state.expired, .severity.warning, .verdict-unknown { color: var(--open); }
.timeline {
  list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem 1.5rem;
  font-size: .875rem;
}
.timeline span { font-weight: 600; }
#verdict { font-size: 1.1rem; font-weight: 600; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 1rem 0; }
.controls label { display: grid; gap: .2rem; color: var(--soft); font-size: .875rem; }
button, input, select, textarea {
  font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft);
  border-radius: .35rem; padding: .35rem .7rem; max-width: 100%;
}
button { cursor: pointer; background: var(--shade); }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--link); }
.progress { width: 100%; max-width: 40rem; accent-color: var(--link); }
footer {
  margin-top: 4rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem;
}
@media (max-width: 40rem) {
  dl > div { grid-template-columns: 1fr; gap: 0; }
  .figures { grid-template-columns: repeat(2, 1fr); }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@page {
  size: A4; margin: 16mm 14mm 18mm; @bottom-right content: counter(page) " / " counter(pages);
  font-size: 8pt;
} }
@media print {
  :root {
    color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --shade: #f2f2f2;
    --link: #000; --good: #0b4d1e; --bad: #8d0f16; --open: #5b3a00;
  }
  body { font-size: 9.5pt; max-width: none; padding: 0; }
  nav, #verifier, #search { display: none; }
  h2 { break-after: avoid; }
  h3, caption { break-after: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  thead { display: table-header-group; }
  tr, dl > div, figure { break-inside: avoid; }
  td.line, td.id, td.hash { min-width: 0; }
  td.time { white-space: normal; }
  .case { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 0; }
}
`;
