import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import type { EvidenceSource } from "../../integrity/evidence.js";
import type { Journal } from "../../journal/journal.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { AuditPage } from "../../query/audit-reader.js";
import type { StoredCheckpoint } from "../../record/checkpoint-record.js";
import type { ComparedPage } from "../../report/compared-page.js";
import { UsageError } from "./command.js";

/** What a source is. An export is NDJSON, a proof is a tlog-proof file. */
export type SourceKind = "journal" | "export" | "bundle" | "proof" | "loki";

/** An answer at once, or one that takes a request to a backend. */
export type Eventual<T> = T | Promise<T>;

/** Answers queries as an `AuditReader` does, at once or later. */
export interface EntryReader {
  page(query?: AuditQuery): Eventual<AuditPage>;
  count(query?: Omit<AuditQuery, "limit">): Eventual<number>;
  lines(): Iterable<string> | AsyncIterable<string>;
}

/** A checkpoint of a source. */
export interface SourceCheckpoint extends Checkpoint {
  /** When it was stored, RFC 3339, where the source says so. */
  readonly time?: string;
}

/**
 * What a command reads. The same question gets the same answer from every source that holds the
 * same entries. Methods throw or reject with `AuditError`, and with `UsageError` where entries are
 * of another log than `--log` says.
 */
export interface Source {
  readonly kind: SourceKind;
  /** In messages: the path, or the URL of Loki. */
  readonly name: string;
  /** For what only a journal can answer. */
  readonly journal?: Journal;
  /** Of a report alone: compares what it shows with the evidence in it. */
  readonly comparedPage?: () => Promise<ComparedPage>;
  /** How many days of recording it looks back; undefined for all that there are. */
  readonly lookbackDays?: number;
  /**
   * Of an export alone: reads its entries from the first to the last, and holds none. After that,
   * the source knows the values of these columns without its entries.
   */
  readonly pass?: (columns: readonly ColumnName[]) => AsyncIterable<readonly AuditEntry[]>;
  /** Of an export alone: the values of a column, where {@link Source.pass} remembered them. */
  readonly passed?: (column: ColumnName) => ReadonlySet<string> | undefined;
  /** Reads entries. A file of evidence is read into memory for it, at the first call. */
  reader(): Eventual<EntryReader>;
  /** The different values of a column. Loki cannot list them, and answers none. */
  values(column: ColumnName): Eventual<Iterable<string>>;
  /** The different ids in a column that end in a text after a `:` or `/`, at most `most`. */
  idsEndingIn(column: ColumnName, text: string, most: number): Eventual<readonly string[]>;
  /** The log that the entries are of; undefined where there is no entry. */
  logId(): Eventual<string | undefined>;
  /** One more than the newest sequence that it has at the call. */
  end(): Eventual<number>;
  /** The checkpoint that was made last. */
  newestCheckpoint(): Eventual<SourceCheckpoint | undefined>;
  /** All checkpoints, the smallest first. */
  checkpoints(): Eventual<Iterable<SourceCheckpoint>>;
  /**
   * All that it holds, for `verify`. An export that comes through a pipe can be read once. One that
   * changed since it was read is `invalid_evidence`.
   */
  evidence(): EvidenceSource;
}

/** A source that is not open yet. */
export interface ClosedSource {
  /** In messages. */
  readonly name: string;
  /** In answers for programs. */
  readonly named: Readonly<Record<string, string>>;
  /** Opens it for some work, and closes it afterwards. */
  open<T>(work: (source: Source) => Promise<T>): Promise<T>;
}

const IN_WORDS: Readonly<Record<SourceKind, string>> = {
  journal: "a journal",
  export: "an export",
  bundle: "an evidence bundle",
  proof: "a tlog-proof",
  loki: "Loki",
};

/** The refusal of a command that a source cannot answer, in one sentence. */
export function cannotAnswer(
  command: string,
  needs: string,
  { name, kind }: Pick<Source, "name" | "kind">,
): UsageError {
  return new UsageError(`${command} needs ${needs}; ${name} is ${IN_WORDS[kind]}`);
}

/** Whether a source holds chosen entries, with a proof each. */
export function isPartial({ kind }: Pick<Source, "kind">): boolean {
  return kind === "bundle" || kind === "proof";
}

/** Throws `UsageError` where entries are of another log than `--log` says. */
export function assertLog(wanted: string | undefined, found: string, name: string): void {
  if (wanted !== undefined && wanted !== found)
    throw new UsageError(`--log "${wanted}": ${name} is of the log "${found}"`);
}

/** A checkpoint of a journal, with its time in RFC 3339. */
export function withTime({
  time: [seconds, nanos],
  ...checkpoint
}: StoredCheckpoint): SourceCheckpoint {
  const time = new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();
  return { ...checkpoint, time };
}

/** An `AuditQuery` in which each column is a list of values, as repeated flags give them. */
export interface EntryQuery
  extends Omit<AuditQuery, ColumnName | "limit">,
    Readonly<Partial<Record<ColumnName, readonly string[] | undefined>>> {}

/** How many entries are in memory at a time. */
const PAGE = 512;

/**
 * Reads the entries of a query in its order, page by page, so that their number does not matter.
 * There is at least one page, which may be empty.
 *
 * @param limit - At most so many; Infinity for all.
 */
export async function* entryPages(
  reader: Pick<EntryReader, "page">,
  query: EntryQuery,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<AuditEntry[], void, undefined> {
  const cursor = query.order === "oldest" ? "after" : "before";
  let left = limit;
  let rest = query;
  for (;;) {
    const { entries, next } = await reader.page({ ...rest, limit: Math.min(PAGE, left) });
    yield entries;
    left -= entries.length;
    if (next === undefined || left <= 0) return;
    rest = { ...rest, [cursor]: next };
  }
}

/**
 * The query, without the entries that come while the command answers: an app may append to a
 * journal meanwhile.
 */
export function upToNow({ journal }: Source, query: EntryQuery): EntryQuery {
  if (journal === undefined) return query;
  const end = journal.length;
  return { ...query, before: Math.min(query.before ?? end, end) };
}

/** Whether an id ends in a text that begins after a `:` or `/`. */
export function endsIn(id: string, text: string): boolean {
  return text !== "" && (id.endsWith(`:${text}`) || id.endsWith(`/${text}`));
}

/** Of some ids the first that end in a text. */
export function idsEndingIn(ids: Iterable<string>, text: string, most: number): string[] {
  const found: string[] = [];
  for (const id of ids) {
    if (found.length === most) break;
    if (endsIn(id, text)) found.push(id);
  }
  return found;
}
