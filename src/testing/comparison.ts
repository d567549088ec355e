import type { AuditEntry } from "../entry/audit-entry.js";
import { memberPath } from "../entry/json.js";
import { type ExpectedFields, isAsymmetric } from "./entry-expectation.js";

/** Says whether two values are equal; the test runner's own, which knows asymmetric matchers. */
export type Equals = (actual: unknown, expected: unknown) => boolean;

/** One value that is not as expected. */
export interface Difference {
  /** Such as `details.limits[2]`. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** How an entry compares to an expectation. */
export interface Comparison {
  readonly entry: AuditEntry;
  /** How many of the expected values it has; an entry is the nearer the more. */
  readonly matching: number;
  readonly differences: readonly Difference[];
}

/** Compares an entry with an expectation, value by value. */
export function compareEntry(
  entry: AuditEntry,
  expected: ExpectedFields,
  equals: Equals,
): Comparison {
  const differences: Difference[] = [];
  let matching = 0;
  const compare = (actual: unknown, wanted: unknown, path: string): void => {
    if (
      isContainer(wanted) &&
      isContainer(actual) &&
      Array.isArray(wanted) === Array.isArray(actual)
    ) {
      for (const key of keysToCompare(wanted, actual))
        compare(
          own(actual, key),
          own(wanted, key),
          memberPath(path, Array.isArray(wanted) ? Number(key) : key),
        );
    } else if (!isContainer(wanted) && equals(actual, wanted)) matching++;
    else differences.push({ path, expected: wanted, actual });
  };
  for (const [field, wanted] of expected) compare(entry[field], wanted, field);
  return { entry, matching, differences };
}

/** An object or array whose members are compared one by one. */
function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isAsymmetric(value);
}

/** A subset of an object, but arrays whole: `[1]` is not `[1, 2]`. */
function keysToCompare(wanted: object, actual: object): string[] {
  if (!Array.isArray(wanted)) return Object.keys(wanted);
  return Object.keys(Array.from({ length: Math.max(wanted.length, (actual as unknown[]).length) }));
}

/** `__proto__` and `constructor` are data: what is not the object's own is absent. */
function own(container: object, key: string): unknown {
  return Object.hasOwn(container, key) ? (container as Record<string, unknown>)[key] : undefined;
}
