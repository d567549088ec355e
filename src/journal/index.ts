export type { Spool, SpooledRecord } from "../delivery/spool.js";
export { DEFAULT_LOG_ID } from "../entry/log-id.js";
export type { Checkpoint } from "../integrity/checkpoint.js";
export type { EvidenceItem, EvidenceSource } from "../integrity/evidence.js";
export {
  type RemoteSigningKeyOptions,
  remoteSigningKey,
  type SigningKey,
  signingKeyOf,
} from "../integrity/keys/signing-key.js";
export type { StoredCheckpoint } from "../record/checkpoint-record.js";
export type { RecordScope } from "../record/surroundings.js";
export type { CheckpointOptions } from "./checkpoints.js";
export type { HrTime, JournalRow } from "./entry-table.js";
export { Journal } from "./journal.js";
export type { JournalMirrorStats, JournalStats } from "./journal-stats.js";
export type { NewestEntry } from "./newest-entry.js";
export { DEFAULT_MINIMUM_RETENTION_DAYS, type JournalOptions } from "./options.js";
export type { Outbox, OutboxOptions } from "./outbox.js";
export type { PruneOptions, Pruning } from "./pruning.js";
export type { RejectedRecord } from "./rejected-record.js";
