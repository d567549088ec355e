import type { AuditEntry } from "../entry/audit-entry.js";
import { memberPath } from "../entry/json.js";
import { type ExpectedFields, isAsymmetric } from "./entry-expectation.js";
import { printMatcher } from "./print-value.js";

/** One value that differs from the expectation. */
export interface Difference {
  /** Such as `details.limits[2]`. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** How an entry compares to an expectation. */
export interface Comparison {
  readonly entry: AuditEntry;
  /** How many of the expected values the entry has. The more, the nearer it is. */
  readonly matching: number;
  readonly differences: readonly Difference[];
}

/** Compares an entry with an expectation, value by value. */
export function compareEntry(entry: AuditEntry, expected: ExpectedFields): Comparison {
  const differences: Difference[] = [];
  let matching = 0;
  const compare = (actual: unknown, wanted: unknown, path: string): void => {
    if (areAlike(wanted, actual)) {
      for (const key of keysToCompare(wanted, actual))
        compare(
          own(actual, key),
          own(wanted, key),
          memberPath(path, Array.isArray(wanted) ? Number(key) : key),
        );
    } else if (meets(actual, wanted)) matching++;
    else differences.push({ path, expected: wanted, actual });
  };
  for (const [field, wanted] of expected) compare(entry[field], wanted, field);
  return { entry, matching, differences };
}

/** Two values for a runner that shows how they differ. */
export interface Sides {
  readonly expected: unknown;
  readonly actual: unknown;
}

/**
 * An expectation and the same part of an entry, as plain JSON that differs only where the entry
 * does not meet the expectation: an asymmetric matcher that is met gives way to the value, and one
 * that is not to its name. Without an entry, the actual side is undefined.
 */
export function sidesOf(expected: ExpectedFields, entry: AuditEntry | undefined): Sides {
  const wanted = Object.fromEntries(expected);
  return sides(wanted, entry);
}

function sides(wanted: unknown, actual: unknown): Sides {
  if (areAlike(wanted, actual)) {
    const members = keysToCompare(wanted, actual).map(
      (key) => [key, sides(own(wanted, key), own(actual, key))] as const,
    );
    const side = (name: keyof Sides): unknown => {
      const values = members.map(([key, pair]) => [key, pair[name]] as const);
      return Array.isArray(wanted) ? values.map(([, value]) => value) : Object.fromEntries(values);
    };
    return { expected: side("expected"), actual: side("actual") };
  }
  return { expected: meets(actual, wanted) ? actual : named(wanted), actual };
}

/** An expected value with the names of its asymmetric matchers in their places. */
function named(wanted: unknown): unknown {
  if (isAsymmetric(wanted)) return printMatcher(wanted);
  if (Array.isArray(wanted)) return wanted.map(named);
  if (typeof wanted !== "object" || wanted === null) return wanted;
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, named(value)]));
}

/** Whether both are objects, or both are arrays, whose members are compared one by one. */
function areAlike(wanted: unknown, actual: unknown): wanted is object {
  return (
    isContainer(wanted) && isContainer(actual) && Array.isArray(wanted) === Array.isArray(actual)
  );
}

function meets(actual: unknown, wanted: unknown): boolean {
  return isAsymmetric(wanted) ? wanted.asymmetricMatch(actual) : actual === wanted;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isAsymmetric(value);
}

/** Objects are compared as subsets, arrays as a whole: `[1]` is not `[1, 2]`. */
function keysToCompare(wanted: object, actual: unknown): string[] {
  if (!Array.isArray(wanted)) return Object.keys(wanted);
  return Object.keys(Array.from({ length: Math.max(wanted.length, (actual as unknown[]).length) }));
}

/** `__proto__` and `constructor` are data: a property that is not the object's own is absent. */
function own(container: unknown, key: string): unknown {
  return Object.hasOwn(container as object, key)
    ? (container as Record<string, unknown>)[key]
    : undefined;
}
