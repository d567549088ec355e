import { invalidEntry } from "../errors.js";
import {
  ACTOR_DETAILS,
  type DetailConvention,
  type DetailType,
  OPERATION_DETAILS,
} from "../semconv.js";
import type { JsonValue } from "./json.js";
import { ACTOR_TYPES, type LogOperation, type Operation, VOTE_DECISIONS } from "./operations.js";
import { formatTimestamp, MAX_TIME_MILLIS, rfc3339Millis, timeMillis } from "./timestamp.js";
import { nameOf, namesOf, oneOf, readField, weightOf, wellFormed } from "./untrusted.js";

/** A detail that is recorded when the input has its field. */
interface GivenDetail {
  readonly key: string;
  readonly type: DetailType;
  /** Path of the field in the input. */
  readonly from: string;
  /** The last part of the path. */
  readonly name: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const EXPECTED_DIGEST = "expected sha256: and 64 hexadecimal digits in lower case";

function givenDetails(table: Readonly<Record<string, DetailConvention>>): readonly GivenDetail[] {
  return Object.entries(table).flatMap(([key, { type, from }]) =>
    from === undefined ? [] : [{ key, type, from, name: from.slice(from.lastIndexOf(".") + 1) }],
  );
}

/** The details that each helper records when they are given, in the order of the table. */
export const GIVEN_DETAILS: Readonly<Record<Operation | LogOperation, readonly GivenDetail[]>> =
  Object.fromEntries(
    Object.entries(OPERATION_DETAILS).map(([operation, table]) => [operation, givenDetails(table)]),
  ) as Record<Operation | LogOperation, readonly GivenDetail[]>;

/** The details of an actor, in the order of the table. */
export const GIVEN_OF_ACTOR: readonly GivenDetail[] = givenDetails(ACTOR_DETAILS);

/**
 * Adds the details whose fields the input has. `null` counts as absent. Throws `invalid_entry` with
 * the path of the field.
 *
 * @param prefix - What comes before the path of the table.
 */
export function addGiven(
  details: Record<string, JsonValue>,
  source: object,
  table: readonly GivenDetail[],
  prefix = "",
): void {
  for (const { key, type, from, name } of table) {
    const value = readField(source, name, prefix + from);
    if (value !== undefined && value !== null) details[key] = recorded(type, value, prefix + from);
  }
}

/** What is recorded of a value of the input. */
function recorded(type: DetailType, value: unknown, field: string): JsonValue {
  switch (type) {
    case "text":
      return wellFormed(value, field);
    case "name":
      return nameOf(value, field);
    case "number":
      return weightOf(value, field);
    case "time":
      return formatTimestamp(momentMillis(value, field));
    case "digest":
      if (typeof value !== "string" || !DIGEST.test(value))
        throw invalidEntry(field, EXPECTED_DIGEST);
      return value;
    case "strings":
      return Object.freeze(namesOf(value, field));
    case "vote_decision":
      return oneOf(VOTE_DECISIONS, value, field);
    case "actor_type":
      return oneOf(ACTOR_TYPES, value, field);
  }
}

/** Reads a `Date`, or a text by RFC 3339, as milliseconds since 1970. */
function momentMillis(value: unknown, field: string): number {
  if (typeof value !== "string") return timeMillis(value, field);
  const millis = rfc3339Millis(value);
  if (millis === undefined)
    throw invalidEntry(field, "expected a Date, or RFC 3339 such as 2026-04-14T12:00:00Z");
  if (millis < 0 || millis > MAX_TIME_MILLIS)
    throw invalidEntry(field, "expected a time from 1970 to 2262");
  return millis;
}

/**
 * Checks a detail of an event that somebody else made: it must be as a helper records it. Throws
 * `invalid_entry`.
 */
export function checkDetail(type: DetailType, value: unknown, field: string): void {
  switch (type) {
    case "text":
    case "name":
      if (typeof value !== "string") throw invalidEntry(field, "expected a string");
      return;
    case "number":
      if (typeof value !== "number") throw invalidEntry(field, "expected a number");
      return;
    case "time":
      if (typeof value !== "string" || !isRecordedTime(value))
        throw invalidEntry(
          field,
          "expected RFC 3339 in UTC with milliseconds, 2026-04-14T12:00:00.007Z",
        );
      return;
    case "strings":
      if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
        throw invalidEntry(field, "expected an array of strings");
      return;
    default:
      recorded(type, value, field);
  }
}

function isRecordedTime(text: string): boolean {
  const millis = rfc3339Millis(text);
  return (
    millis !== undefined &&
    millis >= 0 &&
    millis <= MAX_TIME_MILLIS &&
    formatTimestamp(millis) === text
  );
}
