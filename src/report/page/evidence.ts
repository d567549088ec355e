import { parseBundle } from "../../integrity/evidence-bundle.js";
import { mendedNotes, splitNotes } from "../../integrity/note/signed-note.js";
import { parseTlogProof } from "../../integrity/tlog-proof.js";
import { unpackedEvidence } from "../embedded-evidence.js";

/** An entry as the page shows it. */
export interface ShownEntry {
  readonly sequence: number;
  /** The line as it is shown: characters that cannot be seen in their \u form. */
  readonly line: string;
  /** Hexadecimal. */
  readonly leafHash: string;
}

/** What is checked. */
export type Evidence =
  | { readonly kind: "bundle"; readonly text: string; readonly shown: readonly ShownEntry[] }
  | { readonly kind: "proof"; readonly text: string }
  | { readonly kind: "export"; readonly lines: Blob; readonly checkpoints: string };

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

function shownIn(page: Document): ShownEntry[] {
  return [...page.querySelectorAll('table[data-table="entries"] tr[id^="seq-"]')].map((row) => ({
    sequence: Number(row.id.slice("seq-".length)),
    line: row.querySelector("td.line code")?.textContent ?? "",
    leafHash: row.querySelector("td.hash")?.textContent?.trim() ?? "",
  }));
}

/**
 * The signed notes that came with the evidence, which may not be readable.
 *
 * @throws `AuditError` `invalid_evidence` if the evidence itself cannot be read.
 */
export function checkpointsOf(evidence: Evidence): string[] {
  switch (evidence.kind) {
    case "bundle":
      return [parseBundle(evidence.text).checkpoint];
    case "proof":
      return [parseTlogProof(mendedNotes(evidence.text)).checkpoint];
    case "export":
      return splitNotes(evidence.checkpoints);
  }
}
