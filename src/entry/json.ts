/** A JSON value. Details consist of nothing else. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** A JSON object from outside: any member may be missing, and may be anything. */
export type UnknownObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and neither null nor an array. */
export function isObject(value: unknown): value is UnknownObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON that may come from anybody. Undefined where it is not a JSON object. */
export function parseObject(json: string): UnknownObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The path to a container. It grows with the recursion and is formatted only for an error.
 */
export interface JsonPath {
  readonly parent: JsonPath | undefined;
  readonly key: string | number;
  readonly container: object;
}

/** Formats a path as JavaScript writes it: `details.limits[2]`, `details["a key"]`. */
export function formatPath(path: JsonPath, key?: string | number): string {
  const here = path.parent === undefined ? String(path.key) : formatPath(path.parent, path.key);
  return key === undefined ? here : memberPath(here, key);
}

/**
 * Formats the path of a member: an index in brackets, a name after a dot where JavaScript allows
 * that.
 */
export function memberPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
