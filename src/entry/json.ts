import { types } from "node:util";
import { invalidEntry } from "./invalid.js";

/** What JSON can hold; the only thing that details are made of. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** How many containers may lie within one another, the outermost counted. */
export const MAX_DEPTH = 16;

/** Upper bound on the values of one entry: each takes two bytes of a line at least, and a line has 64 KiB. */
const MAX_VALUES = 32_768;

/** The way to a container, built only as deep as the recursion and read only when something is wrong. */
interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
  readonly value: object;
}

/**
 * Copies a plain object into a deeply frozen one, or throws `invalid_entry` with the path of what is not JSON.
 *
 * Each property is read once, so that a getter cannot answer differently the second time, and the number of values
 * is bounded while copying: sixteen levels of one array shared ten times over would otherwise never end.
 *
 * @param value - Untrusted.
 * @param name - What the path in an error begins with.
 */
export function copyJsonObject(value: unknown, name: string): JsonObject {
  if (typeof value !== "object" || value === null || (!types.isProxy(value) && Array.isArray(value)))
    throw invalidEntry(name, `expected a plain object, got ${describe(value)}`);
  return copyContainer(value, undefined, name, { values: 0 }, 1) as JsonObject;
}

interface Budget {
  values: number;
}

function copyValue(
  value: unknown,
  parent: Path,
  key: string | number,
  budget: Budget,
  depth: number,
): JsonValue {
  if (++budget.values > MAX_VALUES)
    throw invalidEntry(format(parent, key), "the entry holds more than 64 KiB allow");
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed())
        throw invalidEntry(format(parent, key), "a string with a lone surrogate is not UTF-8");
      return value;
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw invalidEntry(format(parent, key), `${value} is not JSON`);
      return value === 0 ? 0 : value; // -0 would come back from the line as 0
    case "object":
      if (value === null) return null;
      return copyContainer(value, parent, key, budget, depth + 1);
    default:
      throw invalidEntry(format(parent, key), `${describe(value)} is not JSON`);
  }
}

function copyContainer(
  value: object,
  parent: Path | undefined,
  key: string | number,
  budget: Budget,
  depth: number,
): JsonValue {
  const path: Path = { parent, key, value };
  if (types.isProxy(value))
    throw invalidEntry(format(path), "a Proxy cannot be copied reliably; pass a plain object");
  for (let above = parent; above !== undefined; above = above.parent)
    if (above.value === value) throw invalidEntry(format(path), "a cycle is not JSON");
  if (depth > MAX_DEPTH) throw invalidEntry(format(path), `nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return copyArray(value, path, budget, depth);
  if (!isPlain(value)) throw invalidEntry(format(path), `${describe(value)} is not a plain object`);
  const copy: Record<string, JsonValue> = {};
  for (const name of Object.keys(value)) {
    if (!name.isWellFormed()) throw invalidEntry(format(path), "a key with a lone surrogate is not UTF-8");
    const member = read(value, name, path);
    if (member === undefined) continue;
    const copied = copyValue(member, path, name, budget, depth);
    if (name === "__proto__") defineOwn(copy, name, copied);
    else copy[name] = copied;
  }
  refuseSymbols(value, path);
  return Object.freeze(copy);
}

function copyArray(value: readonly unknown[], path: Path, budget: Budget, depth: number): JsonValue {
  if (value.length > MAX_VALUES) throw invalidEntry(format(path), "the entry holds more than 64 KiB allow");
  const copy: JsonValue[] = [];
  for (let index = 0; index < value.length; index++) {
    if (!Object.hasOwn(value, index))
      throw invalidEntry(format(path, index), "a hole in an array is not JSON");
    copy.push(copyValue(read(value, index, path), path, index, budget, depth));
  }
  if (Object.keys(value).length !== value.length)
    throw invalidEntry(format(path), "an array with named properties is not JSON");
  refuseSymbols(value, path);
  return Object.freeze(copy);
}

function read(value: object, key: string | number, path: Path): unknown {
  try {
    return (value as Record<string | number, unknown>)[key];
  } catch (cause) {
    throw invalidEntry(format(path, key), "reading it threw", cause);
  }
}

/** An own `__proto__` is data: assigning it would set the prototype of the copy instead. */
function defineOwn(target: object, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function refuseSymbols(value: object, path: Path): void {
  const symbol = Object.getOwnPropertySymbols(value)[0];
  if (symbol !== undefined) throw invalidEntry(format(path), `a symbol key, ${String(symbol)}, is not JSON`);
}

/** True for object literals, `Object.create(null)`, and literals of another realm (a `vm` context, a test runner). */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return "a BigInt";
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "undefined":
      return "undefined";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return "an array";
      return `an instance of ${className(value)}`;
    default:
      return `a ${typeof value}`;
  }
}

function className(value: object): string {
  const owner: unknown = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value), "constructor")?.value;
  const name: unknown =
    typeof owner === "function" ? Object.getOwnPropertyDescriptor(owner, "name")?.value : undefined;
  return typeof name === "string" && name !== "" ? name : "an unnamed class";
}

function format(path: Path, key?: string | number): string {
  const here = path.parent === undefined ? String(path.key) : format(path.parent, path.key);
  if (key === undefined) return here;
  if (typeof key === "number") return `${here}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${here}.${key}` : `${here}[${JSON.stringify(key)}]`;
}
