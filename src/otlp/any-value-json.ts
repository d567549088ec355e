/** Text that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** One more member of a JSON object, after a comma; nothing for what JSON has no word for. */
export function member(name: string, value: unknown): string {
  const text = json(value);
  return text === undefined ? "" : `,"${name}":${text}`;
}

/** A list of `KeyValue` (`common.proto`), as the attributes of whatever. */
export function keyValuesJson(values: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (const key of Object.keys(values))
    text += `${text === "" ? "" : ","}{"key":${json(key)},"value":${anyValueJson(values[key])}}`;
  return `[${text}]`;
}

/** An `AnyValue` (`common.proto`); an empty one for what OTLP has no value for, such as null and functions. */
export function anyValueJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `{"stringValue":${json(value)}}`;
    case "number":
      return `{"${Number.isInteger(value) ? "intValue" : "doubleValue"}":${json(value)}}`;
    case "boolean":
      return `{"boolValue":${value}}`;
    case "object":
      return value === null ? "{}" : objectJson(value);
    default:
      return "{}";
  }
}

function objectJson(value: object): string {
  if (value instanceof Uint8Array)
    return `{"bytesValue":"${Buffer.from(value).toString("base64")}"}`;
  if (Array.isArray(value)) return `{"arrayValue":{"values":${arrayJson(value)}}}`;
  return `{"kvlistValue":{"values":${keyValuesJson(value as Record<string, unknown>)}}}`;
}

/** By its length, holes included. Not by `join`, which copies what is nested once for each level. */
function arrayJson(values: readonly unknown[]): string {
  let text = "";
  for (let i = 0; i < values.length; i++) text += (i === 0 ? "" : ",") + anyValueJson(values[i]);
  return `[${text}]`;
}

/** What `JSON.stringify` makes of it, in less time for most of what records hold (measured). */
function json(value: unknown): string | undefined {
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return JSON.stringify(value);
}
