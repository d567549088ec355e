import { parseBundle } from "../../integrity/evidence-bundle.js";
import { mendedNotes, splitNotes } from "../../integrity/note/signed-note.js";
import { parseTlogProof } from "../../integrity/tlog-proof.js";
import { unpackedEvidence } from "../embedded-evidence.js";

/** An entry as the page shows it. */
export interface ShownEntry {
  readonly sequence: number;
  readonly time: string;
  readonly operation: string;
  /** The line as it is shown: characters that cannot be seen in their \u form. */
  readonly line: string;
  /** Hexadecimal. */
  readonly leafHash: string;
}

/** What is checked. */
export type Evidence =
  | {
      readonly kind: "report";
      /** The type and the text of the element that has the evidence. */
      readonly type: string;
      readonly packed: string;
      readonly shown: readonly ShownEntry[];
    }
  | OpenEvidence;

/** The same with the evidence of a report unpacked. */
export type OpenEvidence =
  | {
      readonly kind: "bundle";
      readonly text: string;
      /** What a report shows; undefined for a bundle alone. */
      readonly shown?: readonly ShownEntry[];
    }
  | { readonly kind: "proof"; readonly text: string }
  | { readonly kind: "export"; readonly lines: Blob; readonly checkpoints: string };

/**
 * Unpacks the evidence of a report.
 *
 * @throws `AuditError` `invalid_evidence`.
 */
export async function opened(evidence: Evidence): Promise<OpenEvidence> {
  if (evidence.kind !== "report") return evidence;
  const { type, packed, shown } = evidence;
  return { kind: "bundle", text: await unpackedEvidence(type, packed), shown };
}

/**
 * The signed notes that came with the evidence, which may not be readable.
 *
 * @throws `AuditError` `invalid_evidence` if the evidence itself cannot be read.
 */
export function checkpointsOf(evidence: OpenEvidence): string[] {
  switch (evidence.kind) {
    case "bundle":
      return [parseBundle(evidence.text).checkpoint];
    case "proof":
      return [parseTlogProof(mendedNotes(evidence.text)).checkpoint];
    case "export":
      return splitNotes(evidence.checkpoints);
  }
}
