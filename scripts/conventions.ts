/**
 * The tables of docs/semantic-conventions.md: every attribute and every metric, by the names in
 * src/semconv.ts. Tests compare them with what the log writes and measures.
 */
import * as names from "../src/semconv.ts";

/** One row of the semantic conventions. */
export interface AttributeConvention {
  readonly name: string;
  readonly type: "string" | "int" | "string, boolean, int or double";
  readonly example: string;
  readonly brief: string;
  /**
   * Those of the eight operations and of the log's own that have it, or "checkpoint". "all" means
   * that an app's own operations have it too.
   */
  readonly operations: "all" | readonly string[];
}

/** The event of a checkpoint. It is not an operation, because a checkpoint is not an entry. */
const CHECKPOINT = "checkpoint";

const WITH_SUBJECT = [
  "proposal_created",
  "authorization_granted",
  "authorization_revoked",
] as const;
/**
 * Nodes and holds have a proposal, and authorizations and what the log records about itself an
 * actor, if the caller gave them.
 */
const WITH_PROPOSAL = [
  "proposal_created",
  "vote_cast",
  "consensus_reached",
  "byzantine_detected",
  "node_added",
  "node_removed",
  "authorization_granted",
  "authorization_revoked",
  "log_hold_set",
  "log_hold_released",
] as const;

/** Every attribute of a sealed record, in the order of the documentation. */
export const ATTRIBUTE_CONVENTIONS: readonly AttributeConvention[] = [
  {
    name: names.ATTR_GOVERNANCE_OPERATION,
    type: "string",
    example: "vote_cast",
    brief: "What happened.",
    operations: "all",
  },
  {
    name: names.ATTR_GOVERNANCE_PROPOSAL_ID,
    type: "string",
    example: "urn:pqc-gov-prop:7f3a",
    brief: "The proposal that the record is about.",
    operations: WITH_PROPOSAL,
  },
  {
    name: names.ATTR_GOVERNANCE_SUBJECT_ID,
    type: "string",
    example: "did:pqaid:medical-ai-v2",
    brief: "The model, agent, policy or node that the record is about.",
    operations: WITH_SUBJECT,
  },
  {
    name: names.ATTR_GOVERNANCE_KIND,
    type: "string",
    example: "authorize-model",
    brief: "What the proposal asks for.",
    operations: WITH_SUBJECT,
  },
  {
    name: names.ATTR_GOVERNANCE_ACTOR_DID,
    type: "string",
    example: "did:pqaid:bob",
    brief:
      "DID of the actor: the proposer, the voter, the signer of the result, the node itself, or " +
      "who enacted an authorization, set or released a hold, or pruned the log.",
    operations: [...WITH_PROPOSAL, "log_pruned"],
  },
  {
    name: names.ATTR_GOVERNANCE_DECISION,
    type: "string",
    example: "approve",
    brief: "What was voted (`approve`, `reject`, `abstain`) or decided (`passed`, `rejected`).",
    operations: ["vote_cast", "consensus_reached"],
  },
  {
    name: names.ATTR_GOVERNANCE_LOG_ID,
    type: "string",
    example: "acme.example/governance/6f1d0c9e-4b7a-4c55-8f2d-0a9be1c3d7f4",
    brief:
      "The log that sealed the record. A record that has it is sealed, and is not sealed again.",
    operations: "all",
  },
  {
    name: names.ATTR_GOVERNANCE_SEQUENCE,
    type: "int",
    example: "42",
    brief: "Position in that log: 0, 1, 2 … without gaps.",
    operations: "all",
  },
  {
    name: names.ATTR_GOVERNANCE_LEAF_HASH,
    type: "string",
    example: "9c1185a5c5e9fc54612808977ee8f548b2258d31…",
    brief: "RFC 9162 leaf hash of the body, SHA-256(0x00 ‖ UTF-8 of the body), in hexadecimal.",
    operations: "all",
  },
  {
    name: names.ATTR_GOVERNANCE_TIMESTAMP_MILLIS,
    type: "int",
    example: "1776168000007",
    brief:
      "When it happened, in milliseconds since 1970. The timestamp of the record says when it " +
      "was recorded.",
    operations: "all",
  },
  {
    name: names.ATTR_LOG_RECORD_UID,
    type: "string",
    example: "0b5c7c4e-6d3f-4a55-9d0e-3f1e5a9f7c11",
    brief: "UUID of the entry. A backend can use it to remove duplicates.",
    operations: "all",
  },
  {
    name: names.ATTR_GOVERNANCE_CHECKPOINT_SIZE,
    type: "int",
    example: "1000",
    brief: "The number of entries that the checkpoint covers.",
    operations: [CHECKPOINT],
  },
  {
    name: names.ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH,
    type: "string",
    example: "5d1f6a0c2b7e4f3f9c8f1d0e6a7b8c9d0e1f2a3b…",
    brief: "RFC 9162 root hash of these entries, in hexadecimal.",
    operations: [CHECKPOINT],
  },
  {
    name: `${names.ATTR_GOVERNANCE_DETAILS_PREFIX}<key>`,
    type: "string, boolean, int or double",
    example: "governance.details.vote_id = urn:pqc-gov-vote:c472f7",
    brief:
      "One attribute for each scalar detail whose key matches `[a-z][a-z0-9_]*`: safe integers, " +
      "texts of up to 1024 characters, at most 32 details. The body has all details.",
    operations: "all",
  },
];

/** One metric of the semantic conventions. */
export interface MetricConvention {
  readonly name: string;
  /** Those of the ledger are asynchronous: each collection reads it. */
  readonly instrument: "counter" | "updowncounter" | "gauge" | "histogram";
  /** In UCUM, as the instrument reports it. */
  readonly unit: string;
  /** The attributes of the data points. Some data points have only some of them. */
  readonly attributes: readonly string[];
  readonly brief: string;
}

const COMPONENT = [names.ATTR_OTEL_COMPONENT_TYPE, names.ATTR_OTEL_COMPONENT_NAME] as const;
const EXPORTER = [...COMPONENT, names.ATTR_SERVER_ADDRESS, names.ATTR_SERVER_PORT] as const;

/**
 * Every metric of a reliable mirror and of a log with a journal, in the order of the documentation.
 */
export const METRIC_CONVENTIONS: readonly MetricConvention[] = [
  {
    name: names.METRIC_DELIVERY_ACCEPTED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that the mirror accepted.",
  },
  {
    name: names.METRIC_DELIVERY_DELIVERED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that the backend acknowledged.",
  },
  {
    name: names.METRIC_DELIVERY_REJECTED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that will never be delivered.",
  },
  {
    name: names.METRIC_DELIVERY_PENDING_AGE,
    instrument: "gauge",
    unit: "s",
    attributes: COMPONENT,
    brief: "Age of the oldest pending record; 0 if no record is pending.",
  },
  {
    name: names.METRIC_PROCESSOR_LOG_PROCESSED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: [...COMPONENT, names.ATTR_ERROR_TYPE],
    brief:
      "Records that were delivered. With `error.type`, records that were not: `rejected` by the " +
      "backend, or `queue_full` because there was no room.",
  },
  {
    name: names.METRIC_PROCESSOR_LOG_QUEUE_SIZE,
    instrument: "updowncounter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "Records that are pending.",
  },
  {
    name: names.METRIC_PROCESSOR_LOG_QUEUE_CAPACITY,
    instrument: "updowncounter",
    unit: "{log_record}",
    attributes: COMPONENT,
    brief: "The most records that may be pending: `maxPending`.",
  },
  {
    name: names.METRIC_EXPORTER_LOG_INFLIGHT,
    instrument: "updowncounter",
    unit: "{log_record}",
    attributes: EXPORTER,
    brief: "Records that `otlpMirror` is sending now.",
  },
  {
    name: names.METRIC_EXPORTER_LOG_EXPORTED,
    instrument: "counter",
    unit: "{log_record}",
    attributes: [...EXPORTER, names.ATTR_ERROR_TYPE],
    brief:
      "Records that `otlpMirror` sent, once for each attempt. With `error.type`, the attempt " +
      "failed: a status, a code such as `ECONNREFUSED`, or `rejected` for a partial success.",
  },
  {
    name: names.METRIC_EXPORTER_OPERATION_DURATION,
    instrument: "histogram",
    unit: "s",
    attributes: [...EXPORTER, names.ATTR_ERROR_TYPE, names.ATTR_HTTP_RESPONSE_STATUS_CODE],
    brief: "How long one request of `otlpMirror` took.",
  },
  {
    name: names.METRIC_JOURNAL_LAG,
    instrument: "gauge",
    unit: "s",
    attributes: [names.ATTR_GOVERNANCE_LOG_ID],
    brief:
      "How long the oldest entry that is not in the journal yet has waited; 0 if the journal has " +
      'all entries. With `durability: "batch"`, it is a few milliseconds, or as long as the ' +
      "journal cannot be written.",
  },
  {
    name: names.METRIC_JOURNAL_WAL_SIZE,
    instrument: "gauge",
    unit: "By",
    attributes: [names.ATTR_GOVERNANCE_LOG_ID],
    brief:
      "The size of the write-ahead log of the journal (`-wal`). It is at most some 32 MB, unless " +
      "a reader stands in the journal for a long time.",
  },
];
