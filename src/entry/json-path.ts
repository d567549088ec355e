/** The way to a container, built only as deep as the recursion and read only when something is wrong. */
export interface JsonPath {
  readonly parent: JsonPath | undefined;
  readonly key: string | number;
  readonly container: object;
}

/** The path as one writes it in JavaScript: `details.limits[2]`, `details["a key"]`. */
export function formatPath(path: JsonPath, key?: string | number): string {
  const here = path.parent === undefined ? String(path.key) : formatPath(path.parent, path.key);
  if (key === undefined) return here;
  if (typeof key === "number") return `${here}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${here}.${key}` : `${here}[${JSON.stringify(key)}]`;
}
