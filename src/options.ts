import { AuditError, invalidOption } from "./errors.js";

/**
 * The longest time that `setTimeout` can wait, in milliseconds. A longer one would fire at once.
 */
export const MAX_TIMER_MILLIS = 2_147_483_647;

/** The oldest Node that this package runs on: major and minor version. */
const OLDEST_NODE = [22, 15] as const;

/**
 * Refuses a Node that is too old. It lacks a part of the language or of SQLite, and would fail
 * later, with a message that names neither.
 *
 * @throws `AuditError` `invalid_options`.
 */
export function assertSupportedNode(
  version: string | undefined = globalThis.process?.versions.node,
): void {
  if (version === undefined) return; // the verifier of a report runs in a browser
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  const wanted = OLDEST_NODE.join(".");
  const message = `Quorumlog needs Node ${wanted} or newer; this is Node ${version}`;
  throw new AuditError("invalid_options", message);
}

/**
 * Checks the value of one option and returns it in the form that the code uses. Throws
 * `invalid_options` with `field` as the name of the option.
 */
export type ReadOption<T> = (value: unknown, field: string) => T;

/** One reader for each option. Any other option is refused. */
export type Readers<Options> = {
  readonly [Name in keyof Options]-?: ReadOption<Options[Name]>;
};

/**
 * Reads options by a table of readers. Refuses options that are not an object, and an option that
 * the table does not name: a misspelt option would otherwise have no effect. In the result, an
 * option that is undefined is absent.
 *
 * @param path - The field that holds these options, where they are part of others.
 * @throws `AuditError` `invalid_options`.
 */
export function readOptions<Options>(
  options: unknown,
  readers: Readers<Options>,
  path?: string,
): Options {
  assertSupportedNode();
  if (typeof options !== "object" || options === null)
    throw invalidOption(path ?? "options", "expected an object");
  for (const name of Object.keys(options))
    if (!Object.hasOwn(readers, name)) throw invalidOption(name, "no such option");
  const given = options as Readonly<Record<string, unknown>>;
  const read: Record<string, unknown> = {};
  for (const [name, readOption] of Object.entries<ReadOption<unknown>>(readers)) {
    const value = readOption(given[name], path === undefined ? name : `${path}.${name}`);
    if (value !== undefined) read[name] = value;
  }
  return read as Options;
}

/** An option that may be absent. */
export function optional<T>(read: ReadOption<T>): ReadOption<T | undefined> {
  return (value, field) => (value === undefined ? undefined : read(value, field));
}

/** An option that has a default. */
export function withDefault<T>(fallback: T, read: ReadOption<T>): ReadOption<T> {
  return (value, field) => (value === undefined ? fallback : read(value, field));
}

/** A boolean. */
export function boolean(value: unknown, field: string): boolean {
  if (typeof value !== "boolean") throw invalidOption(field, "expected a boolean");
  return value;
}

/** A string, which may be empty. */
export function string(value: unknown, field: string): string {
  if (typeof value !== "string") throw invalidOption(field, "expected a string");
  return value;
}

/** A string that is not empty. */
export function text(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "")
    throw invalidOption(field, "expected a string that is not empty");
  return value;
}

/** An integer of at least 1. */
export function positiveInteger(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw invalidOption(field, "expected a positive integer");
  return value as number;
}

/** Reads a whole number from 0 up. */
export function naturalNumber(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw invalidOption(field, "expected a whole number from 0 up");
  return value as number;
}

/** A time that a timer can wait, in milliseconds. */
export function millis(least: number): ReadOption<number> {
  return (value, field) => {
    if (typeof value !== "number" || !(value >= least && value <= MAX_TIMER_MILLIS))
      throw invalidOption(field, `expected ${least} to ${MAX_TIMER_MILLIS} milliseconds`);
    return value;
  };
}

/** One of some words. */
export function oneOf<T extends string>(...words: readonly T[]): ReadOption<T> {
  return (value, field) => {
    const word = words.find((known) => known === value);
    if (word !== undefined) return word;
    throw invalidOption(field, `expected ${words.map((known) => `"${known}"`).join(" or ")}`);
  };
}

/** A function. Its parameters and result are not checked. */
export function callback<T>(): ReadOption<T> {
  return (value, field) => {
    if (typeof value !== "function") throw invalidOption(field, "expected a function");
    return value as T;
  };
}

/** An array, which is copied. */
export function arrayOf<T>(readItem: ReadOption<T>): ReadOption<T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw invalidOption(field, "expected an array");
    return Array.from(value, (item: unknown, index) => readItem(item, `${field}[${index}]`));
  };
}

/**
 * An object with some methods.
 *
 * @param what - What such an object is called, such as "a log record exporter".
 */
export function withMethods<T>(what: string, ...methods: readonly (keyof T)[]): ReadOption<T> {
  return (value, field) => {
    for (const method of methods)
      if (typeof (value as T | null | undefined)?.[method] !== "function")
        throw invalidOption(field, `expected ${what}, which has ${String(method)}()`);
    return value as T;
  };
}
