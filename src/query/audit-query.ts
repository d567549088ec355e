import { type ColumnName, INDEXED_COLUMNS } from "../entry/columns.js";
import { AuditError } from "../errors.js";

/** How many entries a query returns when it has no limit. */
export const DEFAULT_LIMIT = 100;

/**
 * Which entries to return, and in what order. All conditions must hold. A column must have exactly
 * the given value. An empty query returns the newest entries.
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
export interface AuditQuery extends Readonly<Partial<Record<ColumnName, string | undefined>>> {
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
export type OperationQuery<Name extends string> = AuditQuery & { readonly operation: Name };

/** One column with the value that it must have. */
export interface ColumnCondition {
  readonly column: ColumnName;
  readonly value: string;
}

/** A query that was checked and whose defaults are filled in. */
export interface ParsedQuery {
  readonly limit: number;
  readonly columns: readonly ColumnCondition[];
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
  return {
    limit: natural(query.limit, "limit") ?? DEFAULT_LIMIT,
    columns: columnConditions(query),
    sinceMillis: millisOf(query.since, "since") ?? Number.NEGATIVE_INFINITY,
    untilMillis: millisOf(query.until, "until") ?? Number.POSITIVE_INFINITY,
    before: natural(query.before, "before") ?? Number.POSITIVE_INFINITY,
    after: natural(query.after, "after") ?? -1,
    newestFirst: query.order !== "oldest",
  };
}

function columnConditions(query: AuditQuery): ColumnCondition[] {
  const conditions: ColumnCondition[] = [];
  for (const { name: column } of INDEXED_COLUMNS) {
    const value = query[column];
    if (value === undefined) continue;
    if (typeof value !== "string") throw invalidQuery(column, "expected a string");
    conditions.push({ column, value });
  }
  return conditions;
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
