import { AuditError } from "../../errors.js";
import { parseBundle } from "../../integrity/evidence-bundle.js";
import { button, element } from "./dom.js";
import { evidenceIn } from "./evidence-in.js";
import { addSearch } from "./search.js";
import { enhanceTable } from "./tables.js";
import { Verifier } from "./verifier.js";

/** Brings a report to life: the verifier, the search, and what tables can do. */
export async function startReport(script: string): Promise<void> {
  const verdict = element("p");
  const controls = element("div");
  const place = {
    verdict: document.getElementById("verdict") ?? verdict,
    controls: document.getElementById("verifier") ?? controls,
    script,
  };
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-table]"))
    enhanceTable(table);
  addFolding();
  keepTargetInView();
  const verifier = new Verifier(place, true);
  try {
    const evidence = await evidenceIn(document);
    verifier.evidence = evidence;
    const table = document.querySelector<HTMLTableElement>('table[data-table="entries"]');
    const search = document.getElementById("search");
    if (table !== null && search !== null) addSearch(search, table, () => linesOf(evidence.text));
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    verifier.evidence = undefined;
    place.verdict.textContent = `Could not be checked: ${error.message}`;
  }
}

function linesOf(json: string): ReadonlyMap<number, string> {
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
