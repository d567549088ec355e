/**
 * The durable log: one file that holds every entry. Read all of it, prune it, back it up, sign its
 * checkpoints, and send rejected records again.
 *
 * @packageDocumentation
 */

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
export type { NewestEntry } from "./entries/entry-row.js";
export type { HrTime, JournalRow } from "./entries/entry-table.js";
export { Journal } from "./journal.js";
export { DEFAULT_MINIMUM_RETENTION_DAYS, type JournalOptions } from "./options.js";
export type { Outbox, OutboxOptions } from "./outbox/outbox.js";
export type { JournalMirrorStats, RejectedRecord } from "./outbox/outboxes.js";
export type { JournalStats } from "./stats.js";
export type { CheckpointOptions } from "./tree/checkpoint-signer.js";
