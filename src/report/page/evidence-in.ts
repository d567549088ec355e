import { pause } from "./dom.js";
import type { Evidence, ShownEntry } from "./evidence.js";

/** How many rows are read before the page may answer the reader. */
const ROWS = 1000;

/** The evidence in a report as it is packed, and what the report shows of it. */
export async function evidenceIn(page: Document): Promise<Evidence> {
  const held = page.querySelector<HTMLScriptElement>("script#evidence");
  return {
    kind: "report",
    type: held?.type ?? "",
    packed: held?.textContent ?? "",
    shown: await shownIn(page),
  };
}

/** The entries that a page shows, if it has a table of them. */
async function shownIn(page: Document): Promise<ShownEntry[]> {
  const rows = page.querySelectorAll<HTMLTableRowElement>(
    'table[data-table="entries"] > tbody > tr, tr[id^="seq-"]',
  );
  const shown: ShownEntry[] = [];
  for (const row of rows) {
    if (shown.length % ROWS === 0) await pause();
    shown.push(shownBy(row));
  }
  return shown;
}

function shownBy({ id, cells }: HTMLTableRowElement): ShownEntry {
  const [sequence, time, operation, line, leafHash, ...more] = [...cells].map(
    ({ textContent }) => textContent,
  );
  const isOne = id === `seq-${sequence}` && more.length === 0;
  return {
    sequence: isOne ? Number(sequence) : Number.NaN,
    time: time ?? "",
    operation: operation ?? "",
    line: (line ?? "").replace(UNCOVERED, ""),
    leafHash: leafHash ?? "",
  };
}

/** The remark behind a line. */
const UNCOVERED = / no checkpoint covers it yet$/;
