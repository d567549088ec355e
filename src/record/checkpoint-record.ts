import type { Attributes, HrTime } from "@opentelemetry/api";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Mutable } from "../entry/audit-entry.js";
import { RESERVED_OPERATION } from "../entry/operations.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import * as semconv from "../semconv.js";
import type { ReadWriteLogRecord } from "./log-record.js";
import { eventNameOf, severityOf } from "./sealed-record.js";
import type { RecordScope } from "./surroundings.js";

/** A checkpoint with what its log record says beside it. */
export interface StoredCheckpoint extends Checkpoint {
  /** UUID of the record, by which a backend removes duplicates. */
  readonly id: string;
  /** When it was recorded. */
  readonly time: HrTime;
  readonly resource: ReadableLogRecord["resource"];
  readonly scope: RecordScope;
}

/**
 * Makes the record of a checkpoint. The record does not go through a logger, since the logger is
 * closed when the last checkpoint is signed. Mirrors may change it as they may change any record.
 */
export function checkpointRecord(checkpoint: StoredCheckpoint): ReadWriteLogRecord {
  const attributes: Attributes = {
    [semconv.ATTR_GOVERNANCE_OPERATION]: RESERVED_OPERATION,
    [semconv.ATTR_GOVERNANCE_LOG_ID]: checkpoint.origin,
    [semconv.ATTR_GOVERNANCE_CHECKPOINT_SIZE]: checkpoint.size,
    [semconv.ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH]: checkpoint.rootHash,
    [semconv.ATTR_LOG_RECORD_UID]: checkpoint.id,
  };
  const record: Mutable<ReadWriteLogRecord> = {
    hrTime: checkpoint.time,
    hrTimeObserved: checkpoint.time,
    resource: checkpoint.resource,
    instrumentationScope: checkpoint.scope,
    severityNumber: severityOf(RESERVED_OPERATION),
    eventName: eventNameOf(RESERVED_OPERATION),
    body: checkpoint.note,
    attributes,
    droppedAttributesCount: 0,
    setAttribute(key, value) {
      if (value !== undefined) attributes[key] = value as NonNullable<typeof value>;
      return record;
    },
    setAttributes(more) {
      for (const [key, value] of Object.entries(more)) record.setAttribute(key, value);
      return record;
    },
    setBody(body) {
      record.body = body;
      return record;
    },
    setEventName(eventName) {
      record.eventName = eventName;
      return record;
    },
    setSeverityNumber(severityNumber) {
      record.severityNumber = severityNumber;
      return record;
    },
    setSeverityText(severityText) {
      record.severityText = severityText;
      return record;
    },
  };
  return record;
}
