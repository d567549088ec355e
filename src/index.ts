/**
 * The log itself: `GovernanceAuditLog` and `AuditLogProcessor`, their options, entries and queries,
 * and the names of operations, attributes and metrics.
 *
 * @packageDocumentation
 */

export type { AuditMirror } from "./delivery/audit-mirror.js";
export { DEFAULT_FLUSH_TIMEOUT_MILLIS, type FlushOptions } from "./delivery/flush.js";
export { DeliveryError, type Ledger, type MirrorLedger } from "./delivery/ledger.js";
export type { About, AboutEveryCall, Actor } from "./entry/about.js";
export type {
  AuditEntry,
  EntryFields,
  EntryOf,
  FoundEntry,
  FoundEntryOf,
} from "./entry/audit-entry.js";
export type { AuditEvent } from "./entry/audit-event.js";
export type { ColumnName, OptionalColumn } from "./entry/columns.js";
export type {
  AuthorizationGrant,
  ByzantineEvidence,
  ConsensusResult,
  GovernanceNode,
  GovernanceProposal,
  SignedVote,
  Vote,
} from "./entry/domain.js";
export type {
  ConsensusInput,
  NodeAddedInput,
  NodeRemovedInput,
  ProposalInput,
  VoteInput,
} from "./entry/from-domain.js";
export type { Hold } from "./entry/holds.js";
export type { JsonObject, JsonValue } from "./entry/json.js";
export { DEFAULT_LOG_ID } from "./entry/log-id.js";
export {
  ACTOR_TYPES,
  type ActorType,
  CONSENSUS_DECISIONS,
  type ConsensusDecision,
  type DetailsIn,
  type DetailsOf,
  type DetailValues,
  LOG_OPERATIONS,
  type LogOperation,
  OPERATIONS,
  type Operation,
  type OperationFields,
  PROPOSAL_KINDS,
  type ProposalKind,
  type ProposalKinds,
  VOTE_DECISIONS,
  type VoteDecision,
} from "./entry/operations.js";
export type { HoldRelease, HoldScope } from "./entry/retention.js";
export { AuditError, type AuditErrorCode, type AuditErrorOptions } from "./errors.js";
export type { Checkpoint } from "./integrity/checkpoint.js";
export type { RemoteSigningKeyOptions } from "./integrity/keys/signing-key.js";
export type { AuditLog } from "./log/audit-log.js";
export { AuditLogProcessor } from "./log/audit-log-processor.js";
export {
  type CheckpointEvery,
  DEFAULT_CHECKPOINT_ENTRIES,
  DEFAULT_CHECKPOINT_MILLIS,
} from "./log/checkpointer.js";
export {
  type AttachedParts,
  GovernanceAuditLog,
  type LoggerLike,
  type LoggerProviderLike,
} from "./log/governance-audit-log.js";
export type { LogJournal } from "./log/log-journal.js";
export {
  type AuditLogProcessorOptions,
  DEFAULT_MAX_ENTRIES,
  type GovernanceAuditLogOptions,
} from "./log/options.js";
export type { PruneOptions, Pruning } from "./log/retention.js";
export type { SignerKey } from "./log/signer.js";
export {
  type AuditQuery,
  DEFAULT_LIMIT,
  type DetailScalar,
  MAX_QUERY_VALUES,
  type OperationQuery,
} from "./query/audit-query.js";
export type { AuditPage, AuditReader } from "./query/audit-reader.js";
export {
  ACTOR_DETAILS,
  ATTR_ERROR_TYPE,
  ATTR_GOVERNANCE_ACTOR_DID,
  ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH,
  ATTR_GOVERNANCE_CHECKPOINT_SIZE,
  ATTR_GOVERNANCE_DECISION,
  ATTR_GOVERNANCE_DETAILS_PREFIX,
  ATTR_GOVERNANCE_KIND,
  ATTR_GOVERNANCE_LEAF_HASH,
  ATTR_GOVERNANCE_LOG_ID,
  ATTR_GOVERNANCE_OPERATION,
  ATTR_GOVERNANCE_PROPOSAL_ID,
  ATTR_GOVERNANCE_SEQUENCE,
  ATTR_GOVERNANCE_SUBJECT_ID,
  ATTR_GOVERNANCE_TIMESTAMP_MILLIS,
  ATTR_LOG_RECORD_UID,
  ATTR_OTEL_COMPONENT_NAME,
  ATTR_OTEL_COMPONENT_TYPE,
  type DetailConvention,
  type DetailType,
  EVENT_NAME_PREFIX,
  IMPORTED_DETAILS,
  METRIC_DELIVERY_ACCEPTED,
  METRIC_DELIVERY_DELIVERED,
  METRIC_DELIVERY_PENDING_AGE,
  METRIC_DELIVERY_REJECTED,
  METRIC_JOURNAL_LAG,
  METRIC_JOURNAL_WAL_SIZE,
  METRIC_PROCESSOR_LOG_PROCESSED,
  METRIC_PROCESSOR_LOG_QUEUE_CAPACITY,
  METRIC_PROCESSOR_LOG_QUEUE_SIZE,
  OPERATION_DETAILS,
  OPERATION_RULE_VIOLATED,
  RULE_VIOLATED_DETAILS,
  SCOPE_NAME,
  SCOPE_VERSION,
} from "./semconv.js";
