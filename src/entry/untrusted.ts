/** Reads values that may come from anybody. */
import { invalidEntry } from "../errors.js";
import { memberPath } from "./json.js";
import { MAX_LINE_BYTES } from "./line.js";
import type { KnownKinds } from "./operations.js";

/**
 * Reads one property of an untrusted object once. Throws `invalid_entry` when its getter throws.
 */
export function readField(source: object, key: string | number, field: string): unknown {
  try {
    return (source as Record<string | number, unknown>)[key];
  } catch (cause) {
    throw invalidEntry(field, "reading it threw", cause);
  }
}

/** Returns the value as an object, whatever its class. Throws `invalid_entry`. */
export function objectOf(value: unknown, field: string): object {
  if (typeof value !== "object" || value === null) throw invalidEntry(field, "expected an object");
  return value;
}

/**
 * Refuses an object with a key that is not among those that are known, since its value would be
 * lost. Throws `invalid_entry`.
 *
 * @param path - The path of the object; empty if paths begin with its keys.
 */
export function refuseUnknownKeys(source: object, known: ReadonlySet<string>, path: string): void {
  let keys: string[];
  try {
    keys = Object.keys(source);
  } catch (cause) {
    throw invalidEntry(path || "event", "reading its keys threw", cause);
  }
  for (const key of keys)
    if (!known.has(key))
      throw invalidEntry(
        path === "" ? key : memberPath(path, key),
        `no such field in ${path === "" ? "an event" : path}`,
      );
}

/** Returns the value as a string that UTF-8 can hold. Throws `invalid_entry`. */
export function wellFormed(value: unknown, field: string): string {
  if (typeof value !== "string") throw invalidEntry(field, "expected a string");
  if (value.length > MAX_LINE_BYTES)
    throw invalidEntry(field, `the entry holds more than ${MAX_LINE_BYTES} bytes`);
  if (!value.isWellFormed())
    throw invalidEntry(field, "a string with a lone surrogate is not UTF-8");
  return value;
}

/**
 * Returns the value as a string that UTF-8 can hold and that is not empty. Throws `invalid_entry`.
 */
export function nameOf(value: unknown, field: string): string {
  const name = wellFormed(value, field);
  if (name === "") throw invalidEntry(field, "expected a string that is not empty");
  return name;
}

/** Returns the value as a number that a weight can be. Throws `invalid_entry`. */
export function weightOf(value: unknown, field: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw invalidEntry(field, "expected a finite number that is not negative");
  return value === 0 ? 0 : value; // a line gives -0 back as 0
}

/** Returns the value as a member of a vocabulary. Throws `invalid_entry`. */
export function oneOf<T extends string>(
  vocabulary: readonly T[],
  value: unknown,
  field: string,
): T {
  if (!(vocabulary as readonly unknown[]).includes(value))
    throw invalidEntry(field, `expected one of ${vocabulary.join(", ")}`);
  return value as T;
}

/** Returns the value as a kind of proposal that the log knows. Throws `invalid_entry`. */
export function kindOf(value: unknown, kinds: KnownKinds): string {
  return kinds === "any" ? wellFormed(value, "kind") : oneOf(kinds, value, "kind");
}

/** The items of an array, each of which is a string that is not empty. Throws `invalid_entry`. */
export function namesOf(value: unknown, field: string): string[] {
  const length = lengthOf(value, field);
  if (length * 3 > MAX_LINE_BYTES)
    throw invalidEntry(field, `the entry holds more than ${MAX_LINE_BYTES} bytes`);
  return Array.from({ length }, (_, index) => {
    const here = `${field}[${index}]`;
    return nameOf(readField(value as object, index, here), here);
  });
}

/** The length of an array. Even it is checked, since a Proxy can answer anything. */
export function lengthOf(value: unknown, field: string): number {
  let found: unknown;
  try {
    if (Array.isArray(value)) found = value.length;
  } catch (cause) {
    throw invalidEntry(field, "reading it threw", cause);
  }
  if (!Number.isSafeInteger(found) || (found as number) < 0)
    throw invalidEntry(field, "expected an array");
  return found as number;
}
