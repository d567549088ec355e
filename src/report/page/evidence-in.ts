import { unpackedEvidence } from "../embedded-evidence.js";
import type { Evidence, ShownEntry } from "./evidence.js";

/**
 * The evidence in a report, and what the report shows of it.
 *
 * @throws `AuditError` `invalid_evidence`.
 */
export async function evidenceIn(page: Document): Promise<Evidence & { kind: "bundle" }> {
  const held = page.querySelector<HTMLScriptElement>("script#evidence");
  const text = await unpackedEvidence(held?.type ?? "", held?.textContent ?? "");
  return { kind: "bundle", text, shown: shownIn(page) };
}

/** The entries that a page shows, if it has a table of them. */
function shownIn(page: Document): ShownEntry[] {
  const rows = page.querySelectorAll<HTMLTableRowElement>(
    'table[data-table="entries"] > tbody > tr, tr[id^="seq-"]',
  );
  return [...rows].map(({ id, cells }) => {
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
  });
}

/** The remark behind a line. */
const UNCOVERED = / no checkpoint covers it yet$/;
