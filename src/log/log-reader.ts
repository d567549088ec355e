import type { AuditEntry } from "../entry/audit-entry.js";
import type { ColumnName } from "../entry/columns.js";
import { canonicalLine } from "../entry/line.js";
import { AuditError } from "../errors.js";
import type { Journal } from "../journal/journal.js";
import type { MemoryStore } from "../memory/memory-store.js";
import { type ParsedQuery, parseQuery } from "../query/audit-query.js";
import { type AuditPage, pageOf } from "../query/audit-reader.js";

/** What a log is read from. */
export interface LogReaderParts {
  readonly logId: string;
  /** The newest entries, without a gap. It holds all that the journal does not have yet. */
  readonly memory: MemoryStore;
  readonly journal: Journal | undefined;
  /** The sequence of the next entry. */
  readonly next: () => number;
}

/**
 * Answers queries over a whole log: from memory as far as it reaches, and from the journal what
 * memory no longer holds. The journal is not asked for what memory can answer.
 *
 * Without a journal, memory is the whole log.
 */
export class LogReader {
  readonly #parts: LogReaderParts;
  #released = false;

  /** Of a log that is open. */
  constructor(parts: LogReaderParts) {
    this.#parts = parts;
  }

  /** How many entries memory holds. */
  get length(): number {
    this.#dropPruned();
    return this.#parts.memory.length;
  }

  /** The entries of a query in its order, at most its limit. Throws `journal_failed`, `closed`. */
  select(query: ParsedQuery): AuditEntry[] {
    const older = this.#olderThanMemory(query);
    const { memory } = this.#parts;
    if (older === undefined) return memory.select(query);
    const [first, second] = query.newestFirst
      ? [() => memory.select(query), (limit: number) => this.#journal.select({ ...older, limit })]
      : [() => this.#journal.select(older), (limit: number) => memory.select({ ...query, limit })];
    const found = first();
    const left = query.limit - found.length;
    return left > 0 ? found.concat(second(left)) : found;
  }

  /** One page of a query. Throws `journal_failed`, `closed`. */
  page(query: ParsedQuery): AuditPage {
    return pageOf(
      query,
      (parsed) => this.select(parsed),
      () => this.#first,
    );
  }

  /** How many entries a query matches, without its limit. Throws `journal_failed`, `closed`. */
  count(query: ParsedQuery): number {
    const older = this.#olderThanMemory(query);
    const inMemory = this.#parts.memory.count(query);
    return older === undefined ? inMemory : inMemory + this.#journal.countOf(older);
  }

  /**
   * The entries from `first` on that have one of some values in a column, oldest first, by what
   * their lines say: see `EntryQueries.byLines`. Throws `journal_failed`, `closed`.
   */
  byLines(column: ColumnName, values: readonly string[], first = 0): AuditEntry[] {
    this.#dropPruned();
    const end = this.#memoryFirst;
    const from = Math.max(first, this.#first);
    const older = from < end ? this.#journal.byLines(column, values, from, end) : [];
    const inMemory = parseQuery({
      [column]: values,
      order: "oldest",
      limit: Number.MAX_SAFE_INTEGER,
    });
    return older.concat(this.#parts.memory.select({ ...inMemory, after: first - 1 }));
  }

  /** The entry of a sequence. Throws `journal_failed`, `closed`. */
  get(sequence: number): AuditEntry | undefined {
    this.#dropPruned();
    const found = this.#parts.memory.get(sequence);
    if (found !== undefined || !(sequence >= this.#first && sequence < this.#memoryFirst))
      return found;
    return this.#journal.get(sequence);
  }

  /**
   * The lines of all entries at the time of the call, oldest first. Throws `journal_failed`,
   * `closed`, also while they are read.
   */
  lines(): Iterable<string> {
    this.#dropPruned();
    const { logId, memory } = this.#parts;
    const first = this.#first;
    const end = this.#memoryFirst;
    const older = first < end ? this.#journal.linesOf(first, end) : [];
    return linesOf(older, logId, memory.snapshot());
  }

  /** Empties memory, except for what the journal does not have yet. */
  clear(): void {
    const { memory, next } = this.#parts;
    memory.evictBefore(next());
  }

  /** After the log was shut down: the journal is not its own any more. */
  release(): void {
    this.#released = true;
  }

  /** The first sequence that is not lost. */
  get #first(): number {
    return this.#parts.journal?.prunedBefore ?? this.#memoryFirst;
  }

  get #memoryFirst(): number {
    const { memory, next } = this.#parts;
    return memory.length === 0 ? next() : memory.first;
  }

  /** The part of a query that memory cannot answer, if there is one. */
  #olderThanMemory(query: ParsedQuery): ParsedQuery | undefined {
    this.#dropPruned();
    const end = Math.min(query.before, this.#memoryFirst);
    return Math.max(this.#first, query.after + 1) < end ? { ...query, before: end } : undefined;
  }

  /** What was pruned is not to be found in memory either. */
  #dropPruned(): void {
    const { memory, journal } = this.#parts;
    if (journal !== undefined && memory.first < journal.prunedBefore)
      memory.evictBefore(journal.prunedBefore);
  }

  get #journal(): Journal {
    if (this.#parts.journal !== undefined && !this.#released) return this.#parts.journal;
    throw new AuditError(
      "closed",
      "the audit log was shut down, and memory does not hold all that was asked for; open the " +
        "journal to read it",
    );
  }
}

function* linesOf(
  older: Iterable<string>,
  logId: string,
  entries: readonly AuditEntry[],
): Generator<string, void, undefined> {
  yield* older;
  for (const entry of entries) yield canonicalLine(logId, entry);
}
