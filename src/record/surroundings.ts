import type { Attributes } from "@opentelemetry/api";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";

/** What a record says of the app that it comes from. */
export type Resource = ReadableLogRecord["resource"];

/** The scope of a record, with its attributes. */
export type RecordScope = ReadableLogRecord["instrumentationScope"];

/** What a record carries beside its seal. */
export interface RecordSurroundings {
  readonly traceFlags: number | undefined;
  /** The same object for all records of one resource: exporters group by identity. */
  readonly resource: Resource;
  /** The same object for all records of one scope. */
  readonly scope: RecordScope;
}

/** Makes a resource whose attributes are all known. */
export function resourceOf(attributes: Attributes): Resource {
  return new StoredResource(Object.entries(attributes), undefined);
}

/** The resource and scope of a record that no logger of an app emitted. */
export function noSurroundings(): Pick<RecordSurroundings, "resource" | "scope"> {
  return {
    resource: resourceOf({}),
    scope: { name: SCOPE_NAME, version: SCOPE_VERSION },
  };
}

/**
 * Writes a resource as JSON text. Attributes that are still being detected are left out. They are
 * not read either: the SDK would complain about that.
 */
export function encodeResource(resource: Resource): string {
  const attributes: Record<string, unknown> = {};
  // the first of two equal keys wins, as in Resource.attributes
  for (const [key, value] of resource.getRawAttributes())
    if (value !== undefined && !isPromise(value)) attributes[key] ??= value;
  return JSON.stringify({ attributes, schemaUrl: resource.schemaUrl });
}

/** Reads the text of {@link encodeResource}. */
export function decodeResource(json: string): Resource {
  const { attributes = {}, schemaUrl } = JSON.parse(json);
  return new StoredResource(Object.entries(attributes) as RawAttributes, schemaUrl);
}

/** Writes a scope as JSON text. */
export function encodeScope(scope: RecordScope): string {
  const { name, version, schemaUrl, attributes, droppedAttributesCount } = scope;
  return JSON.stringify({ name, version, schemaUrl, attributes, droppedAttributesCount });
}

/** Reads the text of {@link encodeScope}. */
export function decodeScope(json: string): RecordScope {
  return JSON.parse(json);
}

type RawAttributes = ReturnType<Resource["getRawAttributes"]>;

/**
 * A resource whose attributes are all known. The SDK's own class would have to be loaded, with all
 * of the SDK, by every program that only reads a journal.
 */
class StoredResource implements Resource {
  readonly attributes: Attributes;
  readonly schemaUrl?: string;
  readonly asyncAttributesPending = false;
  readonly #raw: RawAttributes;

  constructor(raw: RawAttributes, schemaUrl: string | undefined) {
    this.#raw = raw;
    const attributes: Attributes = {};
    // the first of two equal keys wins
    for (const [key, value] of raw as [string, NonNullable<Attributes[string]>][])
      if (!Object.hasOwn(attributes, key)) attributes[key] = value;
    this.attributes = attributes;
    if (schemaUrl !== undefined) this.schemaUrl = schemaUrl;
  }

  getRawAttributes(): RawAttributes {
    return this.#raw;
  }

  /** The attributes of `other` win, as in the SDK. What `other` is still detecting is left out. */
  merge(other: Resource | null): Resource {
    if (other === null) return this;
    const settled = other.getRawAttributes().filter(([, value]) => !isPromise(value));
    return new StoredResource([...settled, ...this.#raw], other.schemaUrl ?? this.schemaUrl);
  }
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
