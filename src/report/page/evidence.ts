import { parseBundle } from "../../integrity/evidence-bundle.js";
import { mendedNotes, splitNotes } from "../../integrity/note/signed-note.js";
import { parseTlogProof } from "../../integrity/tlog-proof.js";

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
      readonly kind: "bundle";
      readonly text: string;
      /** What a report shows; undefined for a bundle alone. */
      readonly shown?: readonly ShownEntry[];
    }
  | { readonly kind: "proof"; readonly text: string }
  | { readonly kind: "export"; readonly lines: Blob; readonly checkpoints: string };

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
