/** Name of the instrumentation scope of the records that the helpers emit. */
export const SCOPE_NAME = "quorumlog";

/** Version of the instrumentation scope; the version of this package. */
export const SCOPE_VERSION = "0.1.0";

/** Prefix of an event name. The operation follows. */
export const EVENT_NAME_PREFIX = "governance.";

/** The operation of an entry that `governanceMonitor` records: an entry violates a rule. */
export const OPERATION_RULE_VIOLATED = "rule_violated";
/** The details of such an entry. `sequences` is an array of numbers, the others are texts. */
export const RULE_VIOLATED_DETAILS = ["rule", "severity", "message", "sequences"] as const;

/** What happened. */
export const ATTR_GOVERNANCE_OPERATION = "governance.operation";
/** The proposal that the record is about. */
export const ATTR_GOVERNANCE_PROPOSAL_ID = "governance.proposal.id";
/** The model, agent, policy or node that the record is about. */
export const ATTR_GOVERNANCE_SUBJECT_ID = "governance.subject.id";
/** What the proposal asks for. */
export const ATTR_GOVERNANCE_KIND = "governance.kind";
/** DID of the actor. */
export const ATTR_GOVERNANCE_ACTOR_DID = "governance.actor.did";
/** What was voted or decided. */
export const ATTR_GOVERNANCE_DECISION = "governance.decision";
/** The log that sealed the record. A record without this attribute is not sealed. */
export const ATTR_GOVERNANCE_LOG_ID = "governance.log.id";
/** Position in that log. */
export const ATTR_GOVERNANCE_SEQUENCE = "governance.sequence";
/** RFC 9162 leaf hash of the body. */
export const ATTR_GOVERNANCE_LEAF_HASH = "governance.leaf_hash";
/** When it happened. The timestamp of the record says when it was recorded. */
export const ATTR_GOVERNANCE_TIMESTAMP_MILLIS = "governance.timestamp_millis";
/** The number of entries that a checkpoint covers. */
export const ATTR_GOVERNANCE_CHECKPOINT_SIZE = "governance.checkpoint.size";
/** The root hash of these entries, in hexadecimal. */
export const ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH = "governance.checkpoint.root_hash";
/** The id of the entry. A name of the OpenTelemetry semantic conventions. */
export const ATTR_LOG_RECORD_UID = "log.record.uid";
/** Prefix of the attribute of a scalar detail. The key of the detail follows. */
export const ATTR_GOVERNANCE_DETAILS_PREFIX = "governance.details.";

/**
 * What the value of a detail is. In JSON, `strings` is an array of strings, `number` a number, and
 * all others are strings: `text` may be empty, `name` is an id, a DID or a version, `time` is RFC
 * 3339 in UTC with milliseconds, `digest` is `sha256:` and 64 hexadecimal digits, `vote_decision`
 * and `actor_type` are words of a vocabulary.
 */
export type DetailType =
  | "text"
  | "name"
  | "number"
  | "time"
  | "digest"
  | "strings"
  | "vote_decision"
  | "actor_type";

/** One detail that a helper or an actor records. */
export interface DetailConvention {
  readonly type: DetailType;
  /**
   * Path of the field of the input, for a detail that is recorded when it is given. A detail
   * without it is always there in the entry of a helper.
   */
  readonly from?: string;
  /** What it says, as a sentence. */
  readonly brief: string;
}

/**
 * The one table of the details that the eight helpers and the log itself record, by operation. The
 * types of entries and inputs, the validation and the documentation are made from it. Keys are
 * stable for ever.
 */
export const OPERATION_DETAILS = {
  proposal_created: {
    title: { type: "text", brief: "What the proposal asks for, in a line." },
    description: { type: "text", from: "description", brief: "The long form of the title." },
    created_at: { type: "time", from: "createdAt", brief: "When the proposal was made." },
    expires_at: { type: "time", from: "expiresAt", brief: "Until when it can be decided." },
    threshold: { type: "number", from: "threshold", brief: "The weight that passes it." },
    action_digest: {
      type: "digest",
      from: "actionDigest",
      brief: "The digest of exactly what is to be authorized.",
    },
    policy_version: {
      type: "name",
      from: "policyVersion",
      brief: "The version of the policy that decides.",
    },
  },
  vote_cast: {
    vote_id: { type: "name", brief: "The id of the vote." },
    weight: { type: "number", from: "vote.weight", brief: "The weight of the vote." },
    rationale: { type: "text", from: "vote.rationale", brief: "Why the node votes so." },
    cast_at: { type: "time", from: "vote.castAt", brief: "When the vote was cast." },
    signature_algorithm: {
      type: "text",
      from: "algorithm",
      brief: "The algorithm of the vote's signature.",
    },
    signature_digest: {
      type: "digest",
      from: "signature",
      brief: "The SHA-256 of the vote's signature, of its text in UTF-8.",
    },
  },
  consensus_reached: {
    reason: { type: "text", brief: "Why it ended so." },
    approve_weight: { type: "number", brief: "The weight that approves." },
    reject_weight: { type: "number", brief: "The weight that rejects." },
    abstain_weight: { type: "number", brief: "The weight that abstains." },
    total_weight: { type: "number", brief: "The weight of all who may vote." },
    vote_count: { type: "number", brief: "How many votes were counted." },
    threshold: { type: "number", from: "threshold", brief: "The weight that passes it." },
    decided_at: { type: "time", from: "decidedAt", brief: "When it was decided." },
    included_vote_ids: {
      type: "strings",
      from: "includedVoteIds",
      brief: "The ids of the counted votes; only with `recordVoteIds: true`.",
    },
  },
  byzantine_detected: {
    prior_decision: { type: "vote_decision", brief: "What the voter voted first." },
    conflicting_decision: { type: "vote_decision", brief: "What it voted then." },
    detected_by: { type: "name", from: "detectedBy", brief: "DID of who found it out." },
    prior_vote_id: { type: "name", from: "priorVoteId", brief: "The id of the first vote." },
    conflicting_vote_id: {
      type: "name",
      from: "conflictingVoteId",
      brief: "The id of the vote that contradicts it.",
    },
  },
  node_added: {
    name: { type: "text", brief: "The name of the node." },
    weight: { type: "number", brief: "The weight of its votes." },
    added_by: { type: "name", from: "addedBy", brief: "DID of who added the node." },
    reason: { type: "text", from: "reason", brief: "Why it was added." },
  },
  node_removed: {
    removed_by: { type: "name", from: "removedBy", brief: "DID of who removed the node." },
    reason: { type: "text", from: "reason", brief: "Why it was removed." },
  },
  authorization_granted: {
    reason: { type: "text", from: "reason", brief: "Why it was granted." },
    valid_until: { type: "time", from: "validUntil", brief: "When the authorization ends." },
  },
  authorization_revoked: {
    reason: { type: "text", from: "reason", brief: "Why it was revoked." },
    valid_until: {
      type: "time",
      from: "validUntil",
      brief: "When the authorization that is revoked would have ended.",
    },
  },
  log_hold_set: {
    reason: { type: "text", brief: "Why the entries are held." },
    held_from: {
      type: "number",
      brief: "The sequence of the first entry that is held. Pruning stops before it.",
    },
    held_before: {
      type: "time",
      from: "before",
      brief: "What happened or was recorded before this time is held; absent for a proposal.",
    },
  },
  log_hold_released: {
    hold_id: { type: "name", brief: "The id of the entry that set the hold." },
    reason: { type: "text", brief: "Why the hold is released." },
  },
  log_pruned: {
    pruned_from: { type: "number", brief: "The sequence of the first entry that is removed." },
    pruned_before: {
      type: "number",
      brief: "The sequence of the first entry that is left: all before it are removed.",
    },
    pruned_count: { type: "number", brief: "How many entries are removed." },
    older_than: { type: "time", brief: "The entries were recorded before this time." },
    reason: { type: "text", from: "reason", brief: "Why they are removed." },
  },
} as const;

/**
 * The details that say who stood behind a call, whatever the operation. Keys are stable for ever.
 */
export const ACTOR_DETAILS = {
  actor_type: {
    type: "actor_type",
    from: "type",
    brief: "Who stood behind the call: `human`, `agent` or `service`.",
  },
  on_behalf_of: {
    type: "name",
    from: "onBehalfOf",
    brief: "On whose behalf the actor acted.",
  },
  auth_method: {
    type: "name",
    from: "authMethod",
    brief: "How the actor proved who it is, such as `webauthn`.",
  },
  session_id: { type: "name", from: "sessionId", brief: "The session of the actor." },
  client_address: {
    type: "name",
    from: "clientAddress",
    brief: "The address that the call came from.",
  },
  user_agent: { type: "name", from: "userAgent", brief: "The program that the actor used." },
} as const;

/**
 * The details that `quorumlog import` adds, whatever the operation. Keys are stable for ever. A key
 * of the row itself that begins with `imported_` gets another `imported_` in front.
 */
export const IMPORTED_DETAILS = {
  imported_log: {
    type: "name",
    brief: "The log that the row is of; of an array, what `--from-log` says, or `unnamed`.",
  },
  imported_sequence: { type: "number", brief: "The sequence of the row in that log." },
  imported_leaf_hash: {
    type: "name",
    brief: "The leaf hash of the row's canonical line, in hexadecimal.",
  },
  imported_timestamp: {
    type: "text",
    brief: "The time as the row has it, where it is finer than milliseconds.",
  },
} as const;

/**
 * Records whose processing ended. Those that were rejected have `error.type`. A name of the
 * OpenTelemetry semantic conventions.
 */
export const METRIC_PROCESSOR_LOG_PROCESSED = "otel.sdk.processor.log.processed";
/** Records that are pending. A name of the OpenTelemetry semantic conventions. */
export const METRIC_PROCESSOR_LOG_QUEUE_SIZE = "otel.sdk.processor.log.queue.size";
/** The most records that may be pending. A name of the OpenTelemetry semantic conventions. */
export const METRIC_PROCESSOR_LOG_QUEUE_CAPACITY = "otel.sdk.processor.log.queue.capacity";
/** Records that a mirror accepted. */
export const METRIC_DELIVERY_ACCEPTED = "quorumlog.delivery.accepted";
/** Records that the backend acknowledged. */
export const METRIC_DELIVERY_DELIVERED = "quorumlog.delivery.delivered";
/** Records that will never be delivered. */
export const METRIC_DELIVERY_REJECTED = "quorumlog.delivery.rejected";
/** Age of the oldest pending record, in seconds. */
export const METRIC_DELIVERY_PENDING_AGE = "quorumlog.delivery.pending.age";
/**
 * Records whose export ended. Those that failed have `error.type`. A name of the OpenTelemetry
 * semantic conventions.
 */
export const METRIC_EXPORTER_LOG_EXPORTED = "otel.sdk.exporter.log.exported";
/** Records that are being exported. A name of the OpenTelemetry semantic conventions. */
export const METRIC_EXPORTER_LOG_INFLIGHT = "otel.sdk.exporter.log.inflight";
/** How long one export took, in seconds. A name of the OpenTelemetry semantic conventions. */
export const METRIC_EXPORTER_OPERATION_DURATION = "otel.sdk.exporter.operation.duration";
/** How long the oldest entry that is not in the journal yet has waited, in seconds. */
export const METRIC_JOURNAL_LAG = "quorumlog.journal.lag";
/** The size of the write-ahead log of the journal, in bytes. */
export const METRIC_JOURNAL_WAL_SIZE = "quorumlog.journal.wal.size";
/**
 * Type of the component that a metric measures. A name of the OpenTelemetry semantic conventions.
 */
export const ATTR_OTEL_COMPONENT_TYPE = "otel.component.type";
/**
 * Name of the component that a metric measures. A name of the OpenTelemetry semantic conventions.
 */
export const ATTR_OTEL_COMPONENT_NAME = "otel.component.name";
/** Host of the server. A name of the OpenTelemetry semantic conventions. */
export const ATTR_SERVER_ADDRESS = "server.address";
/** Port of the server. A name of the OpenTelemetry semantic conventions. */
export const ATTR_SERVER_PORT = "server.port";
/** Status of the answer. A name of the OpenTelemetry semantic conventions. */
export const ATTR_HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
/**
 * Why a record was rejected: `rejected` by the backend, or `queue_full`. A name of the
 * OpenTelemetry semantic conventions.
 */
export const ATTR_ERROR_TYPE = "error.type";
