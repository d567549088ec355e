import type { EntryFields } from "../entry/audit-entry.js";
import type { JsonValue } from "../entry/json.js";
import { LINE_MEMBERS } from "../entry/line.js";
import { OPERATION_PATTERN, type OperationFields } from "../entry/operations.js";
import { AuditError } from "../errors.js";

/**
 * What an entry must have: any of its fields, and of `details` any part. A value, at any depth, may be an asymmetric
 * matcher such as `expect.stringContaining("bob")`; `undefined` means that the field is absent.
 *
 * @example A vote whose id is not known
 * ```ts
 * import type { EntryExpectation } from "quorumlog/testing";
 * import { expect } from "vitest";
 *
 * const vote: EntryExpectation = {
 *   operation: "vote_cast",
 *   actorDid: "did:pqaid:bob",
 *   details: { vote_id: expect.any(String) },
 * };
 * ```
 */
export type EntryExpectation = {
  readonly [Field in Exclude<keyof EntryFields, "operation" | "details">]?:
    | EntryFields[Field]
    | undefined;
} & {
  /** One of the eight, or the app's own; the type offers those that are declared. */
  readonly operation?: keyof OperationFields | (string & {}) | undefined;
  /** Matched as a subset: what it does not name may be there or not. Arrays are matched item by item. */
  readonly details?: { readonly [key: string]: JsonValue | undefined } | undefined;
};

/** The type of each field of an entry. */
const FIELDS: Readonly<Record<string, "string" | "number" | "object">> = {
  ...Object.fromEntries(LINE_MEMBERS.map(([, field]) => [field, "string"] as const)),
  sequence: "number",
  details: "object",
  leafHash: "string",
};

/** The fields of an expectation with their values. */
export type ExpectedFields = readonly (readonly [field: keyof EntryFields, value: unknown])[];

/**
 * Checks an expectation. One that no entry can meet is an error and not a mismatch, because under `.not` it would pass
 * for ever.
 *
 * @param expectation - Untrusted.
 * @param name - What the message begins with.
 * @throws `AuditError` `invalid_query` naming the field.
 */
export function expectedFields(expectation: unknown, name: string): ExpectedFields {
  if (typeof expectation !== "object" || expectation === null || Array.isArray(expectation))
    throw invalid(name, "expectation", "expected an object with fields of an entry");
  if (isAsymmetric(expectation))
    throw invalid(
      name,
      "expectation",
      "write the fields as an object; its values may be asymmetric matchers",
    );
  const fields: [keyof EntryFields, unknown][] = [];
  for (const [field, value] of Object.entries(expectation)) {
    if (!Object.hasOwn(FIELDS, field))
      throw invalid(name, field, `no such field of an entry${hint(field)}`);
    const known = field as keyof EntryFields;
    checkValue(known, value, name);
    fields.push([known, value]);
  }
  return fields;
}

/** True for what vitest and jest call an asymmetric matcher. */
export function isAsymmetric(value: unknown): boolean {
  return (
    typeof (value as { asymmetricMatch?: unknown } | null | undefined)?.asymmetricMatch ===
    "function"
  );
}

function checkValue(field: keyof EntryFields, value: unknown, name: string): void {
  if (value === undefined || isAsymmetric(value)) return;
  const type = FIELDS[field] as string;
  if (typeof value !== type || value === null || Array.isArray(value))
    throw invalid(
      name,
      field,
      `expected ${type === "object" ? "an object" : `a ${type}`} or an asymmetric matcher`,
    );
  if (field === "operation" && !OPERATION_PATTERN.test(value as string))
    throw invalid(
      name,
      field,
      "no operation has such a name: [a-z][a-z0-9_]* of at most 64 characters",
    );
  if (field === "details") checkPlain(value, field, name);
}

/** A Date, a Map or a RegExp has no members of its own: as a subset it would be met by anything. */
function checkPlain(value: unknown, path: string, name: string): void {
  if (typeof value !== "object" || value === null || isAsymmetric(value)) return;
  const prototype = Object.getPrototypeOf(value);
  const isPlain =
    Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain)
    throw invalid(name, path, "expected JSON or asymmetric matchers; details hold nothing else");
  for (const [key, member] of Object.entries(value)) checkPlain(member, `${path}.${key}`, name);
}

function hint(field: string): string {
  const plain = (name: string): string => name.replaceAll(/[_.-]/g, "").toLowerCase();
  const meant = Object.keys(FIELDS).find((known) => plain(known) === plain(field));
  return meant === undefined
    ? `; it has ${Object.keys(FIELDS).join(", ")}`
    : `; did you mean ${meant}?`;
}

function invalid(name: string, field: string, reason: string): AuditError {
  return new AuditError("invalid_query", `${name}: ${field}: ${reason}`, { field });
}
