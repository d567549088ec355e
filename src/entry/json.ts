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

/**
 * The way to a container, built only as deep as the recursion and read only when something is
 * wrong.
 */
export interface JsonPath {
  readonly parent: JsonPath | undefined;
  readonly key: string | number;
  readonly container: object;
}

/** The path as one writes it in JavaScript: `details.limits[2]`, `details["a key"]`. */
export function formatPath(path: JsonPath, key?: string | number): string {
  const here = path.parent === undefined ? String(path.key) : formatPath(path.parent, path.key);
  return key === undefined ? here : memberPath(here, key);
}

/** The path of a member: an index in brackets, a name after a dot where JavaScript allows that. */
export function memberPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
