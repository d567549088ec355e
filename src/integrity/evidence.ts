import type { InclusionProof } from "./merkle/merkle-proofs.js";

/** One piece of evidence, in the order in which the source has it. */
export type EvidenceItem = EvidenceLine | EvidenceCheckpoint | EvidencePruned | EvidenceProblem;

/** A line that the source holds. */
export interface EvidenceLine {
  readonly kind: "line";
  /** The line without its end; its bytes where the source has bytes. */
  readonly line: string | Uint8Array;
  /** What the source says that it hashes to, hexadecimal. */
  readonly leafHash?: string;
  /** Its proof, where the source has chosen entries only. */
  readonly inclusion?: InclusionProof;
  /** What the source itself found wrong with it, such as a column that does not say what the line says. */
  readonly problem?: string;
}

/** A checkpoint that the source holds. */
export interface EvidenceCheckpoint {
  readonly kind: "checkpoint";
  /** The signed note. */
  readonly note: string;
}

/** An entry whose line was removed by retention, and whose leaf hash was kept. */
export interface EvidencePruned {
  readonly kind: "pruned";
  readonly sequence: number;
  /** Hexadecimal. */
  readonly leafHash: string;
}

/** What the source itself found wrong with it, beyond its lines, such as an index that hides entries. */
export interface EvidenceProblem {
  readonly kind: "problem";
  readonly message: string;
}

/** Where evidence comes from: a journal, an export, a bundle, a backend. */
export interface EvidenceSource extends AsyncIterable<EvidenceItem> {
  /**
   * Whether lines out of order or twice are a fault, as in a journal or an export, or to be expected, as in a backend that
   * is delivered to at least once.
   * @defaultValue true
   */
  readonly ordered?: boolean;
  /**
   * Whether it holds chosen entries only, as an evidence bundle does: nothing about completeness follows.
   * @defaultValue false
   */
  readonly partial?: boolean;
}
