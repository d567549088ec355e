import { types } from "node:util";
import { type AuditError, invalidEntry } from "../errors.js";
import { formatPath, type JsonObject, type JsonPath, type JsonValue } from "./json.js";
import { MAX_LINE_BYTES } from "./line.js";

/** How many containers may lie within one another, including the outermost. */
export const MAX_DEPTH = 16;

/**
 * Copies a plain object into a deeply frozen one. Throws `invalid_entry` with the path of a value
 * that is not JSON.
 *
 * It reads each property once, so that a getter cannot answer differently the second time. It reads
 * no more than a line can hold: otherwise sixteen levels of one array, which each level names ten
 * times, would take for ever.
 *
 * @param value - Untrusted.
 * @param name - The beginning of the path in an error.
 */
export function copyJsonObject(value: unknown, name: string): JsonObject {
  if (
    typeof value !== "object" ||
    value === null ||
    (!types.isProxy(value) && Array.isArray(value))
  )
    throw invalidEntry(name, `expected a plain object, got ${describe(value)}`);
  return new JsonCopy().container(value, undefined, name, 1) as JsonObject;
}

class JsonCopy {
  /** How many bytes of a line the values read so far need at least. */
  #spent = 0;

  container(
    value: object,
    parent: JsonPath | undefined,
    key: string | number,
    depth: number,
  ): JsonValue {
    const path: JsonPath = { parent, key, container: value };
    if (types.isProxy(value))
      throw invalidEntry(
        formatPath(path),
        "a Proxy cannot be copied reliably; pass a plain object",
      );
    for (let above = parent; above !== undefined; above = above.parent)
      if (above.container === value) throw invalidEntry(formatPath(path), "a cycle is not JSON");
    if (depth > MAX_DEPTH)
      throw invalidEntry(formatPath(path), `nested deeper than ${MAX_DEPTH} levels`);
    const copy = Array.isArray(value)
      ? this.#array(value, path, depth)
      : this.#object(value, path, depth);
    const [symbol] = Object.getOwnPropertySymbols(value);
    if (symbol !== undefined)
      throw invalidEntry(formatPath(path), `a symbol key, ${String(symbol)}, is not JSON`);
    return Object.freeze(copy);
  }

  #object(value: object, path: JsonPath, depth: number): JsonValue {
    refuseClasses(value, path);
    const copy: Record<string, JsonValue> = {};
    for (const name of Object.keys(value)) {
      this.#spend(name.length, path, name);
      if (!name.isWellFormed())
        throw invalidEntry(formatPath(path), "a key with a lone surrogate is not UTF-8");
      const member = read(value, name, path);
      if (member === undefined) continue;
      const copied = this.#value(member, path, name, depth);
      // an own __proto__ is data: assigning it would set the prototype of the copy instead
      if (name === "__proto__")
        Object.defineProperty(copy, name, { value: copied, enumerable: true });
      else copy[name] = copied;
    }
    return copy;
  }

  #array(value: readonly unknown[], path: JsonPath, depth: number): JsonValue {
    if (value.length * 2 > MAX_LINE_BYTES) throw tooLarge(path);
    const copy: JsonValue[] = [];
    for (let index = 0; index < value.length; index++) {
      if (!Object.hasOwn(value, index))
        throw invalidEntry(formatPath(path, index), "a hole in an array is not JSON");
      copy.push(this.#value(read(value, index, path), path, index, depth));
    }
    if (Object.keys(value).length !== value.length)
      throw invalidEntry(formatPath(path), "an array with named properties is not JSON");
    return copy;
  }

  #value(value: unknown, path: JsonPath, key: string | number, depth: number): JsonValue {
    this.#spend(typeof value === "string" ? value.length : 0, path, key);
    switch (typeof value) {
      case "string":
        if (!value.isWellFormed())
          throw invalidEntry(formatPath(path, key), "a string with a lone surrogate is not UTF-8");
        return value;
      case "boolean":
        return value;
      case "number":
        if (!Number.isFinite(value))
          throw invalidEntry(formatPath(path, key), `${value} is not JSON`);
        return value === 0 ? 0 : value; // a line gives -0 back as 0
      case "object":
        return value === null ? null : this.container(value, path, key, depth + 1);
      default:
        throw invalidEntry(formatPath(path, key), `${describe(value)} is not JSON`);
    }
  }

  /**
   * A value takes at least two bytes, with its separator. A string and a key take as many as they
   * are long.
   */
  #spend(length: number, path: JsonPath, key: string | number): void {
    this.#spent += length + 2;
    if (this.#spent > MAX_LINE_BYTES) throw tooLarge(path, key);
  }
}

function tooLarge(path: JsonPath, key?: string | number): AuditError {
  return invalidEntry(formatPath(path, key), `the entry holds more than ${MAX_LINE_BYTES} bytes`);
}

function read(value: object, key: string | number, path: JsonPath): unknown {
  try {
    return (value as Record<string | number, unknown>)[key];
  } catch (cause) {
    throw invalidEntry(formatPath(path, key), "reading it threw", cause);
  }
}

/**
 * Accepts object literals, `Object.create(null)`, and literals of another realm (a `vm` context, a
 * test runner).
 */
function refuseClasses(value: object, path: JsonPath): void {
  let what: string;
  try {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype) return;
    if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf"))
      return;
    what = describe(value);
  } catch (cause) {
    // a Proxy in its prototype chain can throw here
    throw invalidEntry(formatPath(path), "it inherits from a Proxy that throws", cause);
  }
  throw invalidEntry(formatPath(path), `${what} is not a plain object`);
}

/** Says what a value is, for a message. It runs no code of the value's own. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return "a BigInt";
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
  const owner: unknown = ownValue(Object.getPrototypeOf(value) ?? {}, "constructor");
  const name = typeof owner === "function" ? ownValue(owner, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "an unnamed class";
}

/** Reads an own value without running a getter, which could throw. */
function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
