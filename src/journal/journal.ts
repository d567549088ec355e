import type { DatabaseSync } from "node:sqlite";
import type { AuditEntry } from "../entry/audit-entry.js";
import { AuditError } from "../errors.js";
import { type AuditPage, pageOf } from "../query/audit-page.js";
import { type AuditQuery, type ParsedQuery, parseQuery } from "../query/audit-query.js";
import type { AuditReader } from "../query/audit-reader.js";
import { backupTo } from "./backup.js";
import { type EntryRow, entryFromRow, linesBetween, type StoredEntry } from "./entry-from-line.js";
import { EntryQueries } from "./entry-queries.js";
import { EntryTable, type HrTime, type JournalRow } from "./entry-table.js";
import { journalFailed } from "./failure.js";
import { FilePlace, realPathOf, statOf } from "./journal-file.js";
import type { JournalStats, NewestEntry } from "./journal-stats.js";
import { type OpenedJournal, openJournal, readFailure, release } from "./open-journal.js";
import {
  assertFilePath,
  type JournalOptions,
  type ResolvedJournalOptions,
  resolveJournalOptions,
} from "./options.js";
import type { Outbox, OutboxOptions } from "./outbox.js";
import type { RejectedRecord } from "./outbox-table.js";
import { Outboxes } from "./outboxes.js";
import { type PruneOptions, type Pruning, prune, pruneMillis } from "./pruning.js";

/** Lines that are read at a time. */
const LINES = 512;

/** Newest entries that opening reads and checks. */
const CHECKED = 16;

/**
 * The durable log: an SQLite file that holds every entry of a log, over all processes that wrote to it in turn, and
 * what each mirror has still to deliver. What `append` has returned from is committed and synced.
 *
 * One process writes, any number read. Every entry that is read is checked against its leaf hash.
 *
 * @example Reading the whole history of a log that another process writes
 * ```ts
 * import { Journal } from "quorumlog/journal";
 *
 * const journal = Journal.open("governance.db", { readOnly: true });
 * try {
 *   const { entries, next } = journal.page({ proposalId: "urn:pqc-gov-prop:7f3a", limit: 100 });
 *   console.log(journal.logId, journal.length, entries.length, next);
 * } finally {
 *   journal.close();
 * }
 * ```
 */
export class Journal implements AuditReader {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  /** The log that the entries belong to. */
  readonly logId: string;
  readonly #options: ResolvedJournalOptions;
  readonly #database: DatabaseSync;
  readonly #unlock: () => void;
  readonly #place: FilePlace;
  readonly #entries: EntryTable;
  readonly #queries: EntryQueries;
  readonly #outboxes: Outboxes;
  #length: number;
  #lastTime: HrTime;
  #closed = false;

  /**
   * Opens the journal at a path; for writing, it makes one when nothing is there.
   *
   * @throws `AuditError` `journal_failed` when the file is damaged, foreign, of a newer version, or held by
   * another process for writing, which it names; `invalid_options`. Nothing is overwritten.
   */
  static open(path: string, options: JournalOptions = {}): Journal {
    const resolved = resolveJournalOptions(options);
    assertFilePath(path, "path");
    const real = realPathOf(path);
    const opened = openJournal(real, resolved);
    try {
      return new Journal(real, opened, resolved);
    } catch (cause) {
      opened.database.close();
      opened.unlock();
      throw readFailure(real, cause);
    }
  }

  private constructor(path: string, opened: OpenedJournal, options: ResolvedJournalOptions) {
    this.path = path;
    this.logId = opened.logId;
    this.#options = options;
    this.#database = opened.database;
    this.#unlock = opened.unlock;
    this.#place = new FilePlace(path);
    this.#entries = new EntryTable(opened.database);
    this.#queries = new EntryQueries(opened.database);
    this.#outboxes = new Outboxes(opened.database, this.#entries, opened.logId, () => this.length);
    ({ length: this.#length, lastTime: this.#lastTime } = this.#entries.end());
    this.newest(CHECKED);
  }

  /** The next sequence: how many entries were ever appended, pruned ones included. */
  get length(): number {
    return this.#options.readOnly ? this.#read(() => this.#entries.end()).length : this.#length;
  }

  /** When the newest entry was recorded; `[0, 0]` when there was never one. */
  get lastTime(): HrTime {
    return this.#options.readOnly ? this.#read(() => this.#entries.end().lastTime) : this.#lastTime;
  }

  /**
   * Appends the entry of the next sequence, in one transaction that is synced when it returns.
   *
   * @throws `AuditError` `journal_failed` with its cause: nothing was recorded, and the next call tries again.
   * When the file was deleted or replaced, it must be opened anew. `closed`.
   */
  append(row: JournalRow): void {
    this.#assertWritable();
    if (row.entry.sequence !== this.#length)
      throw journalFailed(`the next sequence is ${this.#length}, not ${row.entry.sequence}`);
    this.#place.assertKept();
    try {
      this.#entries.append(row);
    } catch (cause) {
      throw journalFailed(`${this.path} cannot be written; nothing was recorded`, cause);
    }
    this.#place.assertKeptStill();
    this.#length++;
    this.#lastTime = row.time;
  }

  /** The entries of a query, newest first unless it says otherwise. Throws `invalid_query`, `journal_failed`. */
  entries(query?: AuditQuery): AuditEntry[] {
    return this.#select(parseQuery(query));
  }

  /** One page of a query with the cursor of the next. Throws `invalid_query`, `journal_failed`. */
  page(query?: AuditQuery): AuditPage {
    return pageOf(parseQuery(query), (parsed) => this.#select(parsed));
  }

  /** How many entries a query matches, its limit aside. Throws `invalid_query`, `journal_failed`. */
  count(query?: Omit<AuditQuery, "limit">): number {
    const parsed = parseQuery(query);
    return this.#read(() => this.#queries.count(parsed));
  }

  /** The entry of a sequence; undefined when there is none or it was pruned. Throws `journal_failed`. */
  get(sequence: number): AuditEntry | undefined {
    if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
    return this.#read(() => this.#at(sequence));
  }

  /** The canonical lines of all entries that it holds at the call, oldest first. Throws `journal_failed`. */
  lines(): Iterable<string> {
    const first = this.#read(() => this.#entries.prunedBefore());
    return linesBetween(first, this.length, (next, end) =>
      this.#read(() => this.#entries.rows(next, end, LINES)),
    );
  }

  /** The newest entries, at most `count`, the oldest of them first, with what memory needs beside them. */
  newest(count: number): NewestEntry[] {
    const { length } = this;
    return this.#read(() =>
      this.#entries.rows(Math.max(0, length - count), length, count).map((row) => {
        const { entry, timestampMillis, bytes } = this.#stored(row);
        return { entry, timestampMillis, bytes };
      }),
    );
  }

  /** What it holds, and what became of it in each mirror. */
  stats(): JournalStats {
    return this.#read(() => {
      const { length } = this;
      const pruned = this.#entries.prunedBefore();
      return {
        entries: length - pruned,
        pruned,
        bytes: (statOf(this.path)?.size ?? 0) + (statOf(`${this.path}-wal`)?.size ?? 0),
        ...(length > pruned && {
          firstTimestamp: this.#at(pruned)?.timestamp,
          lastTimestamp: this.#at(length - 1)?.timestamp,
        }),
        mirrors: this.#outboxes.stats(),
      };
    });
  }

  /**
   * What a mirror has still to deliver; the same object for the same name. A mirror that the journal does not know
   * starts at the current end. Throws `invalid_options`, `journal_failed`.
   */
  outbox(mirror: string, options: OutboxOptions = {}): Outbox {
    return this.#write(() => this.#outboxes.open(mirror, options));
  }

  /** The records that a mirror, or any, has refused for good, by mirror and sequence. */
  rejected(mirror?: string): RejectedRecord[] {
    return this.#read(() => this.#outboxes.rejected(mirror));
  }

  /**
   * Makes rejected records of a mirror pending again, all or those of some sequences; returns how many. Pruned ones
   * stay rejected. Throws `invalid_options` for a mirror that the journal does not know.
   */
  resend(mirror: string, sequences?: readonly number[]): number {
    return this.#write(() => this.#outboxes.resend(mirror, sequences));
  }

  /** Forgets a mirror that will not come back. Throws `invalid_options` for one unknown, or open in this process. */
  forgetMirror(mirror: string): void {
    this.#write(() => this.#outboxes.forget(mirror));
  }

  /**
   * Removes the entries that were recorded before a time, from the first one on, and keeps their leaf hashes, so that
   * proofs still hold. Throws `invalid_options` for a time that `minimumRetentionDays` forbids, `journal_failed` when a
   * mirror has one of the entries still to deliver; nothing was pruned then.
   */
  prune(options: PruneOptions): Pruning {
    const millis = pruneMillis(options, this.#options.minimumRetentionDays);
    return this.#write(() => {
      const held = { first: this.#entries.prunedBefore(), end: this.#length };
      return prune(this.#database, held, millis, this.#outboxes.oldestPending());
    });
  }

  /**
   * Copies the journal while it may be written to; the copy is a journal of the same log as of some moment during the
   * call. Rejects with `journal_failed`, also when something is at the path already; `invalid_options`.
   */
  async backup(path: string): Promise<void> {
    this.#assertOpen();
    assertFilePath(path, "path");
    await backupTo(this.#database, path);
  }

  /** Copies the write-ahead log into the file and lets go of both; once, later calls do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (!this.#options.readOnly && !this.#place.isLost) {
        this.#entries.settle();
        this.#outboxes.save();
        release(this.#database);
      }
    } catch (cause) {
      throw journalFailed(`${this.path} was closed, but not tidied; its -wal belongs to it`, cause);
    } finally {
      this.#database.close();
      this.#unlock();
    }
  }

  #select(query: ParsedQuery): AuditEntry[] {
    return this.#read(() => this.#queries.select(query).map((row) => this.#stored(row).entry));
  }

  #at(sequence: number): AuditEntry | undefined {
    const [row] = this.#entries.rows(sequence, sequence + 1, 1);
    return row && this.#stored(row).entry;
  }

  #stored(row: EntryRow): StoredEntry {
    return entryFromRow(row, this.logId);
  }

  #read<T>(work: () => T): T {
    this.#assertOpen();
    try {
      return work();
    } catch (cause) {
      throw readFailure(this.path, cause);
    }
  }

  #write<T>(work: () => T): T {
    this.#assertWritable();
    this.#place.assertKept();
    try {
      return work();
    } catch (cause) {
      if (cause instanceof AuditError) throw cause;
      throw journalFailed(`${this.path} cannot be written; nothing was changed`, cause);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new AuditError("closed", "the journal was closed");
  }

  #assertWritable(): void {
    this.#assertOpen();
    if (this.#options.readOnly) throw journalFailed(`${this.path} was opened with readOnly: true`);
  }
}
