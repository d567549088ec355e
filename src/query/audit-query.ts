import { type ColumnName, INDEXED_COLUMNS } from "../entry/columns.js";
import { isObject, memberPath } from "../entry/json.js";
import { AuditError } from "../errors.js";

/** How many entries a query returns when it has no limit. */
export const DEFAULT_LIMIT = 100;

/** How many values a query can name for one column. */
export const MAX_QUERY_VALUES = 1000;

/** A detail that a query can ask for: no array and no object. */
export type DetailScalar = string | number | boolean | null;

/**
 * Which entries to return, and in what order. All conditions must hold. A column must have exactly
 * the given value, or one of several values. An empty query returns the newest entries.
 *
 * A column takes up to {@link MAX_QUERY_VALUES}, 1000 values.
 * Memory and a journal find columns and sequences through their indexes. `details` and `traceId`
 * have no index: the reader looks at each entry that meets the other conditions.
 *
 * @example Paging through one proposal, oldest first
 * ```ts
 * import { type AuditQuery, GovernanceAuditLog } from "quorumlog";
 *
 * const audit = new GovernanceAuditLog();
 * let query: AuditQuery = { proposalId: "urn:pqc-gov-prop:7f3a", order: "oldest", limit: 50 };
 * for (;;) {
 *   const { entries, next } = audit.page(query);
 *   for (const entry of entries) console.log(entry.sequence, entry.operation);
 *   if (next === undefined) break;
 *   query = { ...query, after: next };
 * }
 * ```
 */
export interface AuditQuery
  extends Readonly<Partial<Record<ColumnName, string | readonly string[] | undefined>>> {
  /**
   * Details that an entry must have, each with exactly this value. A detail that is undefined here
   * is no condition.
   */
  readonly details?: Readonly<Record<string, DetailScalar | undefined>> | undefined;
  /** W3C trace id of the span that was active, 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
  /**
   * How many entries to return at most. 0 returns none.
   *
   * @defaultValue {@link DEFAULT_LIMIT}, 100
   */
  readonly limit?: number | undefined;
  /** Entries that happened at this time or later. */
  readonly since?: Date | undefined;
  /** Entries that happened before this time. */
  readonly until?: Date | undefined;
  /** Sequence cursor, exclusive: entries before this sequence. */
  readonly before?: number | undefined;
  /** Sequence cursor, exclusive: entries after this sequence. */
  readonly after?: number | undefined;
  /**
   * The order of the sequences. Timestamps play no part.
   *
   * @defaultValue `"newest"`
   */
  readonly order?: "newest" | "oldest" | undefined;
}

/** A query for one operation, or for one of several. */
export type OperationQuery<Name extends string> = AuditQuery & {
  readonly operation: Name | readonly Name[];
};

/** One column with the values of which it must have one. */
export interface ColumnCondition {
  readonly column: ColumnName;
  /** Different and well formed. If there is none, no entry matches. */
  readonly values: readonly string[];
}

/** One detail with the value that it must have. */
export interface DetailCondition {
  readonly key: string;
  readonly value: DetailScalar;
}

/** A query that was checked and whose defaults are filled in. */
export interface ParsedQuery {
  readonly limit: number;
  readonly columns: readonly ColumnCondition[];
  /** Keys and texts are well formed. */
  readonly details: readonly DetailCondition[];
  readonly traceId: string | undefined;
  /** Inclusive, in milliseconds; -Infinity where open. */
  readonly sinceMillis: number;
  /** Exclusive, in milliseconds; Infinity where open. */
  readonly untilMillis: number;
  /** Exclusive; Infinity where open. */
  readonly before: number;
  /** Exclusive; -1 where open. */
  readonly after: number;
  readonly newestFirst: boolean;
}

const FIELDS: ReadonlySet<string> = new Set<string>([
  ...INDEXED_COLUMNS.map(({ name }) => name),
  "details",
  "traceId",
  "limit",
  "since",
  "until",
  "before",
  "after",
  "order",
]);

/**
 * Checks a query.
 *
 * @param query - Untrusted.
 * @throws {@link AuditError} `invalid_query` naming the field. A misspelt field is refused too,
 * since ignoring it would match everything.
 */
export function parseQuery(query: AuditQuery = {}): ParsedQuery {
  if (typeof query !== "object" || query === null)
    throw invalidQuery("query", "expected an object");
  for (const key of Object.keys(query))
    if (!FIELDS.has(key)) throw invalidQuery(key, "no such field in a query");
  if (query.order !== undefined && query.order !== "newest" && query.order !== "oldest")
    throw invalidQuery("order", 'expected "newest" or "oldest"');
  const details = detailConditions(query.details);
  return {
    limit: natural(query.limit, "limit") ?? DEFAULT_LIMIT,
    columns: details === undefined ? [NEVER] : columnConditions(query),
    details: details ?? [],
    traceId: traceIdOf(query.traceId),
    sinceMillis: millisOf(query.since, "since") ?? Number.NEGATIVE_INFINITY,
    untilMillis: millisOf(query.until, "until") ?? Number.POSITIVE_INFINITY,
    before: natural(query.before, "before") ?? Number.POSITIVE_INFINITY,
    after: natural(query.after, "after") ?? -1,
    newestFirst: query.order !== "oldest",
  };
}

/** An entry has no such text: a lone surrogate is refused when it is recorded. */
const NEVER: ColumnCondition = { column: "operation", values: [] };

function columnConditions(query: AuditQuery): ColumnCondition[] {
  const conditions: ColumnCondition[] = [];
  for (const { name: column } of INDEXED_COLUMNS) {
    const value: unknown = query[column];
    if (value !== undefined) conditions.push({ column, values: textsOf(value, column) });
  }
  return conditions;
}

/**
 * The different texts of a condition, well formed. SQLite would take a lone surrogate for U+FFFD.
 */
function textsOf(value: unknown, field: string): string[] {
  if (typeof value === "string") return value.isWellFormed() ? [value] : [];
  if (!Array.isArray(value)) throw invalidQuery(field, "expected a string, or an array of strings");
  if (value.length === 0)
    throw invalidQuery(field, "expected at least one value; leave the field out for any value");
  if (value.length > MAX_QUERY_VALUES)
    throw invalidQuery(field, `expected at most ${MAX_QUERY_VALUES} values, not ${value.length}`);
  const texts = new Set<string>();
  for (const [index, text] of (value as readonly unknown[]).entries()) {
    if (typeof text !== "string") throw invalidQuery(`${field}[${index}]`, "expected a string");
    if (text.isWellFormed()) texts.add(text);
  }
  return [...texts];
}

/** Undefined if no entry can have the details. */
function detailConditions(given: unknown): DetailCondition[] | undefined {
  if (given === undefined) return [];
  if (!isObject(given)) throw invalidQuery("details", "expected an object");
  const conditions: DetailCondition[] = [];
  let isPossible = true;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isDetailScalar(value))
      throw invalidQuery(
        memberPath("details", key),
        "expected a string, a finite number, a boolean or null",
      );
    conditions.push({ key, value });
    isPossible &&= key.isWellFormed() && (typeof value !== "string" || value.isWellFormed());
  }
  return isPossible ? conditions : undefined;
}

function isDetailScalar(value: unknown): value is DetailScalar {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

function traceIdOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^[0-9a-f]{32}$/i.test(value)) return value;
  throw invalidQuery("traceId", "expected 32 hexadecimal digits");
}

function natural(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw invalidQuery(field, "expected a whole number that is not negative");
  return value as number;
}

function millisOf(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  let millis = Number.NaN;
  try {
    // a Date of another realm is accepted too
    millis = Date.prototype.getTime.call(value);
  } catch {
    // no Date
  }
  if (Number.isNaN(millis)) throw invalidQuery(field, "expected a valid Date");
  return millis;
}

function invalidQuery(field: string, reason: string): AuditError {
  return new AuditError("invalid_query", `${field}: ${reason}`, { field });
}
