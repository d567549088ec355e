import type { EntryFields } from "../entry/audit-entry.js";
import { MAX_DEPTH } from "../entry/copy-json.js";
import { isObject } from "../entry/json.js";
import { LINE_MEMBERS } from "../entry/line.js";
import { OPERATION_PATTERN, type OperationFields } from "../entry/operations.js";
import { AuditError } from "../errors.js";

/**
 * A value that decides itself what is equal to it, such as `expect.any(String)` of vitest or jest.
 * Any object with this method is one.
 */
export interface AsymmetricMatcher {
  /** Whether a value of the entry is as expected. */
  asymmetricMatch(actual: unknown): boolean;
}

/** JSON, any part of which may be an asymmetric matcher. `undefined` means absent. */
export type ExpectedValue =
  | AsymmetricMatcher
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly ExpectedValue[]
  | { readonly [key: string]: ExpectedValue };

/**
 * What an entry must have: any of its fields, and any part of `details`. A value, at any depth, may
 * be an asymmetric matcher such as `expect.stringContaining("bob")`. `undefined` means that the
 * field is absent.
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
    | AsymmetricMatcher
    | undefined;
} & {
  /** One of the eight, or the app's own. The type offers the declared ones. */
  readonly operation?: keyof OperationFields | (string & {}) | AsymmetricMatcher | undefined;
  /** Matched as a subset: the entry may have other details. Arrays are matched item by item. */
  readonly details?: { readonly [key: string]: ExpectedValue } | AsymmetricMatcher | undefined;
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
 * Checks an expectation. An expectation that no entry can meet is an error and not a mismatch,
 * because it would always pass under `.not`.
 *
 * @param expectation - Untrusted.
 * @param name - The beginning of the message.
 * @throws `AuditError` `invalid_query` naming the field.
 */
export function expectedFields(expectation: unknown, name: string): ExpectedFields {
  if (!isObject(expectation))
    throw invalidQuery(name, "expectation", "expected an object with fields of an entry");
  if (isAsymmetric(expectation))
    throw invalidQuery(
      name,
      "expectation",
      "write the fields as an object; its values may be asymmetric matchers",
    );
  const fields: [keyof EntryFields, unknown][] = [];
  for (const [field, value] of Object.entries(expectation)) {
    if (!Object.hasOwn(FIELDS, field))
      throw invalidQuery(name, field, `no such field of an entry${hint(field)}`);
    const known = field as keyof EntryFields;
    checkValue(known, value, name);
    fields.push([known, value]);
  }
  return fields;
}

/** Whether vitest and jest take a value for an asymmetric matcher. */
export function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return typeof (value as Partial<AsymmetricMatcher> | null)?.asymmetricMatch === "function";
}

function checkValue(field: keyof EntryFields, value: unknown, name: string): void {
  if (value === undefined || isAsymmetric(value)) return;
  const type = FIELDS[field] as string;
  if (typeof value !== type || value === null || Array.isArray(value))
    throw invalidQuery(
      name,
      field,
      `expected ${type === "object" ? "an object" : `a ${type}`} or an asymmetric matcher`,
    );
  if (field === "operation" && !OPERATION_PATTERN.test(value as string))
    throw invalidQuery(
      name,
      field,
      "no operation has such a name: expected [a-z][a-z0-9_]* of at most 64 characters",
    );
  if (field === "details") checkPlain(value, field, name);
}

/** A Date, a Map or a RegExp has no members of its own, so as a subset it would match anything. */
function checkPlain(value: unknown, path: string, name: string, depth = 0): void {
  if (typeof value !== "object" || value === null || isAsymmetric(value)) return;
  if (depth > MAX_DEPTH)
    throw invalidQuery(name, "details", `nested deeper than ${MAX_DEPTH} levels; no entry is`);
  const prototype = Object.getPrototypeOf(value);
  const isPlain =
    Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain)
    throw invalidQuery(
      name,
      path,
      "expected JSON or asymmetric matchers; details hold nothing else",
    );
  for (const [key, member] of Object.entries(value))
    checkPlain(member, `${path}.${key}`, name, depth + 1);
}

function hint(field: string): string {
  const plain = (name: string): string => name.replaceAll(/[_.-]/g, "").toLowerCase();
  const meant = Object.keys(FIELDS).find((known) => plain(known) === plain(field));
  return meant === undefined
    ? `; it has ${Object.keys(FIELDS).join(", ")}`
    : `; did you mean ${meant}?`;
}

/** The error of a matcher whose argument cannot work, code `invalid_query`. */
export function invalidQuery(name: string, field: string, reason: string): AuditError {
  return new AuditError("invalid_query", `${name}: ${field}: ${reason}`, { field });
}
