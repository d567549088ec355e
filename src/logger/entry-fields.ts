import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { EntryFields } from "../entry/audit-entry.js";
import { parseObject } from "../entry/json.js";
import { LINE_MEMBERS } from "../entry/line.js";
import { RESERVED_OPERATION } from "../entry/operations.js";
import {
  ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH,
  ATTR_GOVERNANCE_CHECKPOINT_SIZE,
  ATTR_GOVERNANCE_LEAF_HASH,
  ATTR_GOVERNANCE_LOG_ID,
  ATTR_GOVERNANCE_OPERATION,
  ATTR_LOG_RECORD_UID,
} from "../semconv.js";

/** The fields of a log line: the whole entry, and the log that sealed it. */
export interface GovernanceFields extends Omit<EntryFields, "leafHash"> {
  readonly logId: string;
  readonly leafHash?: string;
}

/** The fields of a log line about a checkpoint. */
export interface CheckpointFields {
  readonly operation: "checkpoint";
  readonly logId: string;
  readonly id: string;
  /** How many entries the checkpoint covers. */
  readonly size: number;
  /** The root hash of these entries, hexadecimal. */
  readonly rootHash: string;
  /** The signed note. */
  readonly note: string;
}

/** The field for each key of the canonical line, in the order in which a reader wants them. */
const KEYS: readonly (readonly [key: string, field: keyof GovernanceFields])[] = [
  ["log", "logId"],
  ...LINE_MEMBERS,
];

/**
 * The fields of a sealed record. They come from its canonical line, which holds more than the
 * attributes: nested details, and details beyond the 32nd. Each call makes a new copy, since
 * formats of winston change the objects that they get.
 *
 * @returns Undefined if the body is not a canonical line.
 */
export function governanceFields(record: ReadableLogRecord): GovernanceFields | undefined {
  const line = typeof record.body === "string" ? parseObject(record.body) : undefined;
  if (line === undefined || !("operation" in line && "seq" in line)) return undefined;
  const fields: Partial<Record<keyof GovernanceFields, unknown>> = {};
  for (const [key, field] of KEYS) {
    const value = line[key];
    if (value !== undefined) fields[field] = value;
  }
  const leafHash = record.attributes[ATTR_GOVERNANCE_LEAF_HASH];
  if (typeof leafHash === "string") fields.leafHash = leafHash;
  return fields as unknown as GovernanceFields;
}

/** The fields of a checkpoint's record. Undefined for any other record. */
export function checkpointFields({
  attributes,
  body,
}: ReadableLogRecord): CheckpointFields | undefined {
  if (attributes[ATTR_GOVERNANCE_OPERATION] !== RESERVED_OPERATION) return undefined;
  return {
    operation: RESERVED_OPERATION,
    logId: String(attributes[ATTR_GOVERNANCE_LOG_ID]),
    id: String(attributes[ATTR_LOG_RECORD_UID]),
    size: Number(attributes[ATTR_GOVERNANCE_CHECKPOINT_SIZE]),
    rootHash: String(attributes[ATTR_GOVERNANCE_CHECKPOINT_ROOT_HASH]),
    note: String(body),
  };
}
