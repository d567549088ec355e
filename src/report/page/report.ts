import { parseBundle } from "../../integrity/evidence-bundle.js";
import { unpackedEvidence } from "../embedded-evidence.js";
import { button, element, number, pause } from "./dom.js";
import { evidenceIn } from "./evidence-in.js";
import { addSearch } from "./search.js";
import { enhanceTable } from "./tables.js";
import { Verifier } from "./verifier.js";

/** How long tables are worked on before the page may answer the reader, in milliseconds. */
const SLICE = 20;

/**
 * Brings a report to life. The verifier is there at once. The search, and what tables can do, come
 * when the browser has read the page. The evidence is read when the reader asks for it.
 *
 * @param controls - Where the verifier goes. It says whether the report has the whole log.
 */
export function startReport(script: string, controls: HTMLElement): void {
  const place = {
    verdict: document.getElementById("verdict") ?? element("p"),
    controls,
    script,
    inReport: { isWhole: controls.dataset["holds"] === "whole" },
  };
  const parsed = untilParsed();
  new Verifier(place).use(() => parsed.then(() => evidenceIn(document)));
  void parsed.then(enhance);
}

function untilParsed(): Promise<void> {
  return new Promise((resolve) => {
    if (document.readyState !== "loading") resolve();
    else document.addEventListener("DOMContentLoaded", () => resolve());
  });
}

function enhance(): void {
  const table = document.querySelector<HTMLTableElement>('table[data-table="entries"]');
  const search = document.getElementById("search");
  if (table !== null && search !== null) addSearch(search, table, linesHere);
  addFolding();
  keepTargetInView();
  for (const data of document.querySelectorAll<HTMLDataElement>("data"))
    data.textContent = number(Number(data.value));
  for (const drawn of document.querySelectorAll<SVGTSpanElement>("tspan[data-number]"))
    drawn.textContent = number(Number(drawn.dataset["number"]));
  void enhanceTables();
}

async function enhanceTables(): Promise<void> {
  let start = performance.now();
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-table]")) {
    if (performance.now() - start > SLICE) {
      await pause();
      start = performance.now();
    }
    enhanceTable(table);
  }
}

/** The lines in the evidence, by sequence. */
async function linesHere(): Promise<ReadonlyMap<number, string>> {
  const held = document.querySelector<HTMLScriptElement>("script#evidence");
  const json = await unpackedEvidence(held?.type ?? "", held?.textContent ?? "");
  return new Map(parseBundle(json).entries.map(({ sequence, line }) => [sequence, line]));
}

/** How often a target is brought into view. */
const TRIES = 6;

/**
 * Brings the target of a link into view. What is far from the screen has no layout yet, so its
 * place changes while the browser goes there.
 */
function keepTargetInView(): void {
  const show = (tries: number): void => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target === null || tries === 0) return;
    target.scrollIntoView();
    requestAnimationFrame(() => show(tries - 1));
  };
  addEventListener("hashchange", () => show(TRIES));
  if (location.hash !== "") show(TRIES);
}

/** Lets the reader fold all case files, which print opens again. */
function addFolding(): void {
  const folds = [...document.querySelectorAll<HTMLDetailsElement>("details[open]")];
  const [first] = folds;
  if (first === undefined) return;
  const toggle = button("Fold all", () => {
    const isOpen = folds.some(({ open }) => open);
    for (const fold of folds) fold.open = !isOpen;
    toggle.textContent = isOpen ? "Unfold all" : "Fold all";
  });
  toggle.id = "fold";
  first.before(element("div", { className: "controls" }, toggle));
  addEventListener("beforeprint", () => {
    for (const fold of folds) fold.open = true;
  });
}
