export { leafHashOf } from "../entry/line.js";
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
} from "../integrity/evidence.js";
export {
  type BundleEntry,
  type EvidenceBundle,
  formatBundle,
  parseBundle,
} from "../integrity/evidence-bundle.js";
export type { Hash } from "../integrity/merkle-hash.js";
export type { InclusionProof } from "../integrity/merkle-proofs.js";
export type { KeyAlgorithm, SignatureType } from "../integrity/signature-types.js";
export { formatTlogProof, parseTlogProof, type TlogProof } from "../integrity/tlog-proof.js";
export { parseVerifierKey, type VerifierKey } from "../integrity/verifier-key.js";
export {
  type ConsistencyCheck,
  type InclusionCheck,
  verifyConsistency,
  verifyInclusion,
} from "../integrity/verify-proofs.js";
export { bundleSource, tlogProofSource } from "./bundle-source.js";
export { type NdjsonSourceOptions, ndjsonSource } from "./ndjson-source.js";
export type { PeriodKey, VerifyOptions } from "./options.js";
export { splitNotes } from "./split-notes.js";
export type {
  CheckedCheckpoint,
  CheckedSignature,
  KeyTally,
  Problem,
  ProblemCode,
  Verdict,
  VerificationReport,
} from "./verification-report.js";
export { verify } from "./verify.js";
