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

/** The entries that a page shows, if it has a table of them. */
function shownIn(page: Document): ShownEntry[] {
  const table = page.querySelector<HTMLTableElement>('table[data-table="entries"]');
  const heads = [...(table?.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim());
  const [line, hash] = [heads.indexOf("Canonical line"), heads.indexOf("Leaf hash")];
  const rows = [...(table?.tBodies ?? [])].flatMap(({ rows }) => [...rows]);
  return rows
    .filter(({ id }) => id.startsWith("seq-"))
    .map(({ id, cells }) => ({
      sequence: Number(id.slice("seq-".length)),
      // A remark may follow the line.
      line: cells[line]?.firstChild?.textContent?.trim() ?? "",
      leafHash: cells[hash]?.textContent.trim() ?? "",
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
