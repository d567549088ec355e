import { invalidEntry } from "../errors.js";
import { COLUMNS, OPTIONAL_COLUMNS, type OptionalColumn } from "./columns.js";
import { copyJsonObject } from "./copy-json.js";
import { checkDetail } from "./details.js";
import type { JsonObject, JsonValue } from "./json.js";
import {
  isLogOperation,
  type KnownKinds,
  type LogOperation,
  OPERATION_PATTERN,
  PROPOSAL_KINDS,
  RESERVED_OPERATION,
  VOCABULARIES,
} from "./operations.js";
import { timeMillis } from "./timestamp.js";
import { kindOf, objectOf, oneOf, readField, refuseUnknownKeys, wellFormed } from "./untrusted.js";

/**
 * Something that happened and that the log shall record: one of the eight operations, or an
 * operation of the app's own.
 */
export interface AuditEvent extends Readonly<Partial<Record<OptionalColumn, string | undefined>>> {
  /**
   * One of {@link OPERATIONS}, or the app's own: `[a-z][a-z0-9_]*`, at most 64 characters, not
   * `checkpoint`, and none of {@link LOG_OPERATIONS}.
   */
  readonly operation: string;
  /** Anything more, as plain JSON, at most 16 levels deep. */
  readonly details?: { readonly [key: string]: JsonValue | undefined } | undefined;
  /**
   * When it happened, from 1970 to 2262. Give it when you import older events.
   *
   * @defaultValue the log's clock
   */
  readonly timestamp?: Date | undefined;
}

/**
 * An event that was validated: its strings are well formed, its details copied and frozen, its
 * vocabularies kept.
 */
export interface ValidEvent<Name extends string = string>
  extends Readonly<Record<OptionalColumn, string | undefined>> {
  readonly operation: Name;
  readonly details: JsonObject;
  /** When it happened; undefined for "now, by the log's own clock". */
  readonly timestampMillis: number | undefined;
}

const FIELDS: ReadonlySet<string> = new Set([
  ...COLUMNS.map(({ name }) => name),
  "details",
  "timestamp",
] satisfies (keyof AuditEvent)[]);

const NO_DETAILS: JsonObject = Object.freeze({});

/**
 * Checks and copies an event. `null` in an optional field counts as absent, since stored events
 * often spell it so. An unknown field is refused, since its value would be lost.
 *
 * @param event - Untrusted.
 * @param kinds - The kinds of proposals that the log knows.
 * @param own - The operation that the log itself records here, and that all others are refused.
 * @throws {@link AuditError} `invalid_entry` naming the field.
 */
export function validateEvent(
  event: AuditEvent,
  kinds: KnownKinds = PROPOSAL_KINDS,
  own?: LogOperation,
): ValidEvent {
  const source = objectOf(event, "event");
  const operation = operationOf(readField(source, "operation", "operation"), own);
  const details = readField(source, "details", "details") ?? undefined;
  const timestamp = readField(source, "timestamp", "timestamp") ?? undefined;
  const columns: Partial<Record<OptionalColumn, string | undefined>> = {};
  for (const { name } of OPTIONAL_COLUMNS) columns[name] = optionalText(source, name);
  const valid = validEvent(
    operation,
    columns,
    details === undefined ? NO_DETAILS : copyJsonObject(details, "details"),
    timestamp === undefined ? undefined : timeMillis(timestamp, "timestamp"),
  );
  refuseUnknownKeys(source, FIELDS, "");
  checkVocabulary(valid, kinds);
  return valid;
}

/** Gives every event the same hidden class, whichever columns its operation fills. */
export function validEvent<Name extends string>(
  operation: Name,
  columns: Readonly<Partial<Record<OptionalColumn, string | undefined>>>,
  details: JsonObject,
  timestampMillis?: number,
): ValidEvent<Name> {
  return {
    operation,
    proposalId: columns.proposalId,
    subjectId: columns.subjectId,
    kind: columns.kind,
    actorDid: columns.actorDid,
    decision: columns.decision,
    details: Object.freeze(details),
    timestampMillis,
  };
}

function operationOf(value: unknown, own: LogOperation | undefined): string {
  if (typeof value !== "string" || !OPERATION_PATTERN.test(value))
    throw invalidEntry("operation", "expected [a-z][a-z0-9_]* of at most 64 characters");
  if (value !== own && (value === RESERVED_OPERATION || isLogOperation(value)))
    throw invalidEntry("operation", `"${value}" is reserved for the log's own use`);
  return value;
}

function checkVocabulary(event: ValidEvent, kinds: KnownKinds): void {
  const vocabulary = VOCABULARIES.get(event.operation);
  if (vocabulary === undefined) return;
  if (event.kind !== undefined && vocabulary.hasKind) kindOf(event.kind, kinds);
  if (event.decision !== undefined && vocabulary.decision !== undefined)
    oneOf(vocabulary.decision, event.decision, "decision");
  for (const [key, type] of vocabulary.details)
    if (Object.hasOwn(event.details, key)) checkDetail(type, event.details[key], `details.${key}`);
}

function optionalText(source: object, key: string): string | undefined {
  const value = readField(source, key, key) ?? undefined;
  return value === undefined ? undefined : wellFormed(value, key);
}
