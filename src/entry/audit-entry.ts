import { COLUMNS, type OptionalColumn } from "./columns.js";
import type { JsonValue } from "./json.js";
import type { OperationFields } from "./operations.js";

/** The same type with all of its fields writable, for the function that makes the value. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * What every entry has, whatever its operation. Of the columns it has those that its operation
 * fills.
 */
export interface EntryFields extends Readonly<Partial<Record<OptionalColumn, string>>> {
  /** 0, 1, 2 … of this log, without holes and never reused. */
  readonly sequence: number;
  /** UUID (RFC 9562), stable for ever. Backends remove duplicates by it. */
  readonly id: string;
  /** When it happened: RFC 3339, UTC, milliseconds, such as `2026-04-14T12:00:00.007Z`. */
  readonly timestamp: string;
  readonly operation: string;
  /** Keys of the eight operations are snake_case, as on the wire. */
  readonly details: Readonly<Record<string, JsonValue>>;
  /**
   * When it was recorded, in the form of {@link EntryFields.timestamp}. Present only when it
   * differs from that.
   */
  readonly recordedAt?: string;
  /** W3C trace id of the span that was active, 32 hexadecimal digits. */
  readonly traceId?: string;
  /** W3C span id of the span that was active, 16 hexadecimal digits. */
  readonly spanId?: string;
  /** RFC 9162 section 2.1.1 leaf hash of the canonical line, SHA-256 in hexadecimal. */
  readonly leafHash: string;
}

/** The entry of one operation as its helper returns it. It has all columns of the operation. */
export type EntryOf<Name extends keyof OperationFields> = EntryFields &
  Readonly<OperationFields[Name]> & { readonly operation: Name };

/**
 * The entry of one operation as a log may hold it. Its columns are optional: `log` and an app's own
 * OpenTelemetry logger can record, for example, a vote of an older system that kept no vote id. A
 * column that is present has its type.
 */
export type FoundEntryOf<Name extends keyof OperationFields> = EntryFields & {
  readonly operation: Name;
} & Readonly<Partial<Omit<OperationFields[Name], "details">>> & {
    readonly details: Readonly<
      Partial<
        OperationFields[Name] extends { details: infer Details } ? Details : Record<never, never>
      >
    >;
  };

/**
 * One sealed record of the log, deeply frozen. It is a union that `operation` narrows. Declare the
 * app's own operations in {@link OperationFields} to add them.
 *
 * @example Narrowing by operation
 * ```ts
 * import type { AuditEntry, VoteDecision } from "quorumlog";
 *
 * const decisionOf = (entry: AuditEntry): VoteDecision | undefined =>
 *   entry.operation === "vote_cast" ? entry.decision : undefined;
 * ```
 */
export type AuditEntry = {
  [Name in keyof OperationFields]: FoundEntryOf<Name>;
}[keyof OperationFields];

/**
 * What a query for an operation finds: the entries of that operation, and a union for a union of
 * operations. For a name that is not known to the compiler or not declared in
 * {@link OperationFields}, any entry.
 *
 * @example The votes of a proposal
 * ```ts
 * import { type FoundEntry, GovernanceAuditLog } from "quorumlog";
 *
 * const audit = new GovernanceAuditLog();
 * const votes: FoundEntry<"vote_cast">[] = audit.entries({ operation: "vote_cast" });
 * for (const { actorDid, decision } of votes) console.log(actorDid, decision);
 * ```
 */
export type FoundEntry<Name extends string> = Name extends keyof OperationFields
  ? FoundEntryOf<Name>
  : AuditEntry;

/**
 * Writes entries as one JSON array with the eight keys of the reference implementation's export,
 * `null` where a column is absent, indented by two spaces.
 */
export function exportJson(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => ({
    timestamp: entry.timestamp,
    ...columnsOf(entry),
    details: entry.details,
  }));
  return JSON.stringify(rows, null, 2);
}

function columnsOf(entry: AuditEntry): Record<string, string | null> {
  const columns: Record<string, string | null> = {};
  for (const { name, key, inReference } of COLUMNS) {
    const value = entry[name];
    if (value !== undefined || inReference) columns[key] = value ?? null;
  }
  return columns;
}
