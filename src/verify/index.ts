/**
 * Tells whether a copy of a log is what was signed, and complete.
 *
 * @packageDocumentation
 */

export { type LineSummary, leafHashOf } from "../entry/line.js";
export {
  type CheckSignaturesOptions,
  checkSignatures,
  type SignatureVerdict,
  type TrustedKey,
} from "../integrity/check-signatures.js";
export { type Checkpoint, parseCheckpoint } from "../integrity/checkpoint.js";
export type {
  EvidenceCheckpoint,
  EvidenceItem,
  EvidenceLine,
  EvidenceProblem,
  EvidencePruned,
  EvidenceSource,
  EvidenceSubtree,
} from "../integrity/evidence.js";
export {
  type BundleEntry,
  type EvidenceBundle,
  formatBundle,
  formatSharedBundle,
  parseBundle,
  type SharedBundle,
} from "../integrity/evidence-bundle.js";
export type { KeyAlgorithm, SignatureType } from "../integrity/keys/verifier-key.js";
export { parseVerifierKey, type VerifierKey } from "../integrity/keys/verifier-key.js";
export type { Hash } from "../integrity/merkle/merkle-hash.js";
export type { InclusionProof } from "../integrity/merkle/merkle-proofs.js";
export {
  type ConsistencyCheck,
  type InclusionCheck,
  verifyConsistency,
  verifyInclusion,
} from "../integrity/merkle/verify-proofs.js";
export { splitNotes } from "../integrity/note/signed-note.js";
export { formatTlogProof, parseTlogProof, type TlogProof } from "../integrity/tlog-proof.js";
export { bundleSource, tlogProofSource } from "./bundle-source.js";
export { type NdjsonSourceOptions, ndjsonSource } from "./ndjson-source.js";
export type { PeriodKey, VerifyOptions } from "./options.js";
export type { Problem, ProblemCode } from "./problems.js";
export type {
  CheckedCheckpoint,
  CheckedSignature,
  KeyTally,
  Verdict,
  VerificationReport,
} from "./verification-report.js";
export { verify } from "./verify.js";
