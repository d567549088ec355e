/**
 * The styles of the print, for A4.
 *
 * Chromium does not repeat a head that has a button with a box of its own in it (measured).
 */
export const PRINT: string = `
@page {
  size: A4; margin: 15mm 14mm 17mm;
  @bottom-right {
    content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #444;
  }
}
@media print {
  :root {
    color-scheme: light; --ink: #000; --soft: #444; --line: #c9ced4; --edge: #777; --paper: #fff;
    --shade: #f4f4f4; --mark: #fff; --link: #000; --good: #0b4d1e; --bad: #8d0f16;
    --open: #5b3a00; --a: #155e70; --b: #dd6b37; --c: #aab6c2; --d: #7d62a8; --track: #dbe4ea;
    --grid: #e2e6ea;
  }
  html { scroll-behavior: auto; }
  body, body:has(> nav) { display: block; max-width: none; padding: 0; font-size: 9pt; }
  h1 { font-size: 18pt; }
  h2 { font-size: 13pt; }
  h3 { font-size: 10pt; }
  nav, #verifier, #search, .controls, button, noscript { display: none; }
  a { text-decoration: none; }
  a[href^="http"]::after { content: " (" attr(href) ")"; overflow-wrap: anywhere; }
  p, li { max-width: none; orphans: 3; widows: 3; }
  main > section { padding-top: 14pt; }
  #verification { padding: 8pt 12pt; margin-top: 12pt; }
  dl > div { grid-template-columns: 38mm minmax(0, 1fr); padding: 1.5pt 0; }
  #verification dl > div { grid-template-columns: 68mm minmax(0, 1fr); }
  h2, h3, caption, summary, figcaption { break-after: avoid; }
  tr, dl > div, svg, .figures, .timeline li, #verification > dl { break-inside: avoid; }
  dl > div:first-child { break-after: avoid; }
  th button { display: contents; }
  main > section:not(#verification), .case {
    content-visibility: visible; contain-intrinsic-size: none;
  }
  #pictures { container-type: normal; }
  h2 + p { break-after: avoid; break-inside: avoid; }
  thead { display: table-header-group; break-inside: avoid; }
  .scroll, .data .scroll, .drawing {
    overflow: visible; max-height: none; margin: 6pt 0; background: none;
  }
  .data thead th { position: static; }
  table, caption { font-size: 7.5pt; line-height: 1.3; }
  th, td { padding: 1.5pt 5pt 1.5pt 0; }
  tbody tr:hover > td { background: none; }
  figure { display: block; break-inside: auto; margin-top: 12pt; }
  .picture { max-width: 125mm; break-inside: avoid; }
  .drawing > svg { min-width: 0; }
  .case { break-before: auto; padding-bottom: 8pt; }
  .case > summary { padding: 6pt 0; }
  .case > summary::before, .rules > summary::before { content: none; }
  .timeline { font-size: 7.5pt; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .legend svg, .picture rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  table[data-table="entries"] td:nth-child(n + 4) { word-break: break-all; }
  table[data-table="entries"] th:nth-child(1) { width: 10mm; }
  table[data-table="entries"] th:nth-child(2) { width: 18mm; }
  table[data-table="entries"] th:nth-child(3) { width: 27mm; }
  table[data-table="entries"] th:nth-child(5) { width: 31mm; }
  table[data-table="entries"] td:nth-child(n + 2) { font-size: 6.5pt; line-height: 1.25; }
  table[data-table="sample"] { table-layout: fixed; }
  table[data-table="sample"] td { overflow-wrap: anywhere; font-size: 7pt; }
  table[data-table="sample"] th:nth-child(1) { width: 8mm; }
  table[data-table="sample"] th:nth-child(2) { width: 10mm; }
  table[data-table="sample"] th:nth-child(3) { width: 27mm; }
  table[data-table="sample"] th:nth-child(4) { width: 33mm; }
  table[data-table="sample"] th:nth-child(7) { width: 20mm; }
  table[data-table="sample"] code { font-size: 6.5pt; }
  .rules { font-size: 8pt; }
  .rules li + li { margin-top: 0; }
  body > footer { margin-top: 14pt; font-size: 7.5pt; }
  body > footer summary { list-style: none; font-weight: 600; }
  body > footer pre { columns: 3; column-gap: 6mm; font-size: 4.5pt; line-height: 1.25; }
}
`;
