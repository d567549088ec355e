/** Name of the instrumentation scope that the helpers' records carry. */
export const SCOPE_NAME = "quorumlog";

/** Version of the instrumentation scope; the version of this package. */
export const SCOPE_VERSION = "0.1.0";

/** What an event name begins with; the operation follows. */
export const EVENT_NAME_PREFIX = "governance.";

/** What happened. */
export const ATTR_GOVERNANCE_OPERATION = "governance.operation";
/** The proposal that the record is about. */
export const ATTR_GOVERNANCE_PROPOSAL_ID = "governance.proposal.id";
/** The model, agent, policy or node that the record is about. */
export const ATTR_GOVERNANCE_SUBJECT_ID = "governance.subject.id";
/** What the proposal asks for. */
export const ATTR_GOVERNANCE_KIND = "governance.kind";
/** DID of who acted. */
export const ATTR_GOVERNANCE_ACTOR_DID = "governance.actor.did";
/** What was voted or decided. */
export const ATTR_GOVERNANCE_DECISION = "governance.decision";
/** The log that sealed the record; its presence means "sealed". */
export const ATTR_GOVERNANCE_LOG_ID = "governance.log.id";
/** Position in that log. */
export const ATTR_GOVERNANCE_SEQUENCE = "governance.sequence";
/** RFC 9162 leaf hash of the body. */
export const ATTR_GOVERNANCE_LEAF_HASH = "governance.leaf_hash";
/** When it happened; the record's own timestamp is when it was recorded. */
export const ATTR_GOVERNANCE_TIMESTAMP_MILLIS = "governance.timestamp_millis";
/** How many entries a checkpoint is over. */
export const ATTR_GOVERNANCE_CHECKPOINT_SIZE = "governance.checkpoint.size";
/** The root hash over these entries, hexadecimal. */
export const ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH = "governance.checkpoint.root_hash";
/** The entry's id; a name of the OpenTelemetry semantic conventions. */
export const ATTR_LOG_RECORD_UID = "log.record.uid";
/** What the attribute of a scalar detail begins with; the detail's key follows. */
export const ATTR_GOVERNANCE_DETAILS_PREFIX = "governance.details.";

/** Records whose processing ended; `error.type` on those that were rejected. A name of the semantic conventions. */
export const METRIC_PROCESSOR_LOG_PROCESSED = "otel.sdk.processor.log.processed";
/** Records that are pending. A name of the semantic conventions. */
export const METRIC_PROCESSOR_LOG_QUEUE_SIZE = "otel.sdk.processor.log.queue.size";
/** Records that may be pending. A name of the semantic conventions. */
export const METRIC_PROCESSOR_LOG_QUEUE_CAPACITY = "otel.sdk.processor.log.queue.capacity";
/** Records that a mirror took. */
export const METRIC_DELIVERY_ACCEPTED = "quorumlog.delivery.accepted";
/** Records that the backend has, by its own word. */
export const METRIC_DELIVERY_DELIVERED = "quorumlog.delivery.delivered";
/** Records that will never be delivered. */
export const METRIC_DELIVERY_REJECTED = "quorumlog.delivery.rejected";
/** Age of the oldest pending record, in seconds. */
export const METRIC_DELIVERY_PENDING_AGE = "quorumlog.delivery.pending.age";
/** How long the oldest entry has waited that the journal does not have, in seconds. */
export const METRIC_JOURNAL_LAG = "quorumlog.journal.lag";
/** Type of the component that a metric is about. A name of the semantic conventions. */
export const ATTR_OTEL_COMPONENT_TYPE = "otel.component.type";
/** Name of the component that a metric is about. A name of the semantic conventions. */
export const ATTR_OTEL_COMPONENT_NAME = "otel.component.name";
/** Why a record was rejected: `rejected` by the backend, or `queue_full`. A name of the semantic conventions. */
export const ATTR_ERROR_TYPE = "error.type";

/** One row of the semantic conventions. */
export interface AttributeConvention {
  readonly name: string;
  readonly type: "string" | "int" | "string, boolean, int or double";
  readonly example: string;
  readonly brief: string;
  /** The operations of the eight that have it, or "checkpoint"; "all" where an app's own have it too. */
  readonly operations: "all" | readonly string[];
}

/** The event of a checkpoint, which is no operation of an entry. */
const CHECKPOINT = "checkpoint";

const WITH_PROPOSAL = [
  "proposal_created",
  "vote_cast",
  "consensus_reached",
  "byzantine_detected",
  "authorization_granted",
  "authorization_revoked",
] as const;
const WITH_SUBJECT = [
  "proposal_created",
  "authorization_granted",
  "authorization_revoked",
] as const;
const WITH_ACTOR = [
  "proposal_created",
  "vote_cast",
  "consensus_reached",
  "byzantine_detected",
  "node_added",
  "node_removed",
] as const;

/** Every attribute of a sealed record, in the order of the documentation. */
export const ATTRIBUTE_CONVENTIONS: readonly AttributeConvention[] = [
  {
    name: ATTR_GOVERNANCE_OPERATION,
    type: "string",
    example: "vote_cast",
    brief: "What happened.",
    operations: "all",
  },
  {
    name: ATTR_GOVERNANCE_PROPOSAL_ID,
    type: "string",
    example: "urn:pqc-gov-prop:7f3a",
    brief: "The proposal that the record is about.",
    operations: WITH_PROPOSAL,
  },
  {
    name: ATTR_GOVERNANCE_SUBJECT_ID,
    type: "string",
    example: "did:pqaid:medical-ai-v2",
    brief: "The model, agent, policy or node that the record is about.",
    operations: WITH_SUBJECT,
  },
  {
    name: ATTR_GOVERNANCE_KIND,
    type: "string",
    example: "authorize-model",
    brief: "What the proposal asks for.",
    operations: WITH_SUBJECT,
  },
  {
    name: ATTR_GOVERNANCE_ACTOR_DID,
    type: "string",
    example: "did:pqaid:bob",
    brief: "DID of who acted: proposer, voter, signer of the result, or the node itself.",
    operations: WITH_ACTOR,
  },
  {
    name: ATTR_GOVERNANCE_DECISION,
    type: "string",
    example: "approve",
    brief: "What was voted (`approve`, `reject`, `abstain`) or decided (`passed`, `rejected`).",
    operations: ["vote_cast", "consensus_reached"],
  },
  {
    name: ATTR_GOVERNANCE_LOG_ID,
    type: "string",
    example: "acme.example/governance/6f1d0c9e-4b7a-4c55-8f2d-0a9be1c3d7f4",
    brief:
      "The log that sealed the record. A record that has it is sealed and is never sealed again.",
    operations: "all",
  },
  {
    name: ATTR_GOVERNANCE_SEQUENCE,
    type: "int",
    example: "42",
    brief: "Position in that log: 0, 1, 2 … without holes.",
    operations: "all",
  },
  {
    name: ATTR_GOVERNANCE_LEAF_HASH,
    type: "string",
    example: "9c1185a5c5e9fc54612808977ee8f548b2258d31…",
    brief: "RFC 9162 leaf hash of the body, SHA-256(0x00 ‖ UTF-8 of the body), in hexadecimal.",
    operations: "all",
  },
  {
    name: ATTR_GOVERNANCE_TIMESTAMP_MILLIS,
    type: "int",
    example: "1776168000007",
    brief:
      "When it happened, in milliseconds since 1970. The record's own timestamp is when it was recorded.",
    operations: "all",
  },
  {
    name: ATTR_LOG_RECORD_UID,
    type: "string",
    example: "0b5c7c4e-6d3f-4a55-9d0e-3f1e5a9f7c11",
    brief: "UUID of the entry, by which a backend removes duplicates.",
    operations: "all",
  },
  {
    name: ATTR_GOVERNANCE_CHECKPOINT_SIZE,
    type: "int",
    example: "1000",
    brief: "How many entries the checkpoint is over.",
    operations: [CHECKPOINT],
  },
  {
    name: ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH,
    type: "string",
    example: "5d1f6a0c2b7e4f3f9c8f1d0e6a7b8c9d0e1f2a3b…",
    brief: "RFC 9162 root hash over them, in hexadecimal.",
    operations: [CHECKPOINT],
  },
  {
    name: `${ATTR_GOVERNANCE_DETAILS_PREFIX}<key>`,
    type: "string, boolean, int or double",
    example: "governance.details.vote_id = urn:pqc-gov-vote:c472f7",
    brief:
      "One attribute for each scalar detail whose key matches `[a-z][a-z0-9_]*`, integers only when safe, " +
      "texts up to 1024 characters, at most 32 details. The body has all of them.",
    operations: "all",
  },
];

/** One metric of the semantic conventions. */
export interface MetricConvention {
  readonly name: string;
  /** All are asynchronous: they are read off the ledger at each collection. */
  readonly instrument: "counter" | "updowncounter" | "gauge";
  /** In UCUM, as the instrument has it. */
  readonly unit: string;
  /** The attributes that every data point or some of them have. */
  readonly attributes: readonly string[];
  readonly brief: string;
}

const COMPONENT = [ATTR_OTEL_COMPONENT_TYPE, ATTR_OTEL_COMPONENT_NAME] as const;

/** Every metric of a reliable mirror and of a log with a journal, in the order of the documentation. */
export const METRIC_CONVENTIONS: readonly MetricConvention[] = [
  {
    name: METRIC_DELIVERY_ACCEPTED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that the mirror took.",
  },
  {
    name: METRIC_DELIVERY_DELIVERED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that the backend has, by its own word.",
  },
  {
    name: METRIC_DELIVERY_REJECTED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that will never be delivered.",
  },
  {
    name: METRIC_DELIVERY_PENDING_AGE,
    instrument: "gauge",
    unit: "s",
    attributes: COMPONENT,
    brief: "Age of the oldest pending record; 0 when nothing is pending.",
  },
  {
    name: METRIC_PROCESSOR_LOG_PROCESSED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: [...COMPONENT, ATTR_ERROR_TYPE],
    brief:
      "Records that were delivered, and with `error.type` those that were not: `rejected`, or `queue_full` where there " +
      "was no room.",
  },
  {
    name: METRIC_PROCESSOR_LOG_QUEUE_SIZE,
    instrument: "updowncounter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that are pending.",
  },
  {
    name: METRIC_PROCESSOR_LOG_QUEUE_CAPACITY,
    instrument: "updowncounter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that may be pending, `maxPending`.",
  },
  {
    name: METRIC_JOURNAL_LAG,
    instrument: "gauge",
    unit: "s",
    attributes: [ATTR_GOVERNANCE_LOG_ID],
    brief:
      'How long the oldest entry has waited that the journal does not have yet; 0 when it has all. With `durability: "batch"` ' +
      "a few milliseconds, or as long as the journal cannot be written.",
  },
];
