/** What a value is, for a message; runs no code of the value's own. */
export function describe(value: unknown): string {
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

/** Past any getter, which could throw. */
function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
