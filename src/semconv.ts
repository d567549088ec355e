/** Name of the instrumentation scope of the records that the helpers emit. */
export const SCOPE_NAME = "quorumlog";

/** Version of the instrumentation scope; the version of this package. */
export const SCOPE_VERSION = "0.1.0";

/** Prefix of an event name. The operation follows. */
export const EVENT_NAME_PREFIX = "governance.";

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
