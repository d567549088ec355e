import type { AuditEntry, FoundEntry } from "../entry/audit-entry.js";
import { type ColumnName, INDEXED_COLUMNS } from "../entry/columns.js";
import { AuditError } from "../errors.js";
import type { EvidenceSource } from "../integrity/evidence.js";
import type { SigningKey } from "../integrity/keys/signing-key.js";
import {
  type AuditQuery,
  type OperationQuery,
  type ParsedQuery,
  parseQuery,
} from "../query/audit-query.js";
import { type AuditPage, type AuditReader, pageOf } from "../query/audit-reader.js";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";
import type { EarlierTimes } from "../record/recorded-times.js";
import type { NewestEntry } from "./entries/entry-row.js";
import type { HrTime, JournalRow } from "./entries/entry-table.js";
import type { GivenId } from "./entries/given-ids.js";
import { carryOut, type PlannedPruning, plannedPruning } from "./entries/pruning.js";
import type { Connection } from "./file/connection.js";
import { backupTo } from "./file/journal-file.js";
import { journalFailed } from "./file/sqlite.js";
import { openJournal } from "./opening.js";
import { type JournalOptions, resolveJournalOptions } from "./options.js";
import type { Outbox, OutboxOptions } from "./outbox/outbox.js";
import type { RejectedRecord } from "./outbox/outboxes.js";
import { type JournalParts, partsOf } from "./parts.js";
import { type JournalStats, statsOf } from "./stats.js";
import type { CheckpointOptions } from "./tree/checkpoint-signer.js";
import { evidenceOf } from "./tree/evidence.js";
import { prove } from "./tree/prove.js";

/**
 * The durable log: an SQLite file that holds every entry of a log, from all processes that wrote to
 * it in turn, and how far each mirror has come. When `append` returns, the entry is committed and
 * synced.
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
  /** @internal For how many days entries are kept at least. */
  readonly minimumRetentionDays: number;
  readonly #parts: JournalParts;
  #length: number;
  #lastTime: HrTime;
  #prunedBefore: number;

  /**
   * Opens the journal at a path. If nothing is there, and it is opened for writing, makes it.
   *
   * @throws `AuditError` `journal_failed` when the file is damaged, is not a journal, has a schema
   * version that this code does not know, or is written by another process, which the message
   * names; `invalid_options`. A file that is refused is not changed.
   */
  static open(path: string, options: JournalOptions = {}): Journal {
    const resolved = resolveJournalOptions(options);
    const file = openJournal(path, resolved);
    try {
      return file.readAltered(() => new Journal(file, resolved.minimumRetentionDays));
    } catch (error) {
      file.abandon();
      throw error;
    }
  }

  private constructor(file: Connection, minimumRetentionDays: number) {
    this.#parts = partsOf(file, () => this.length);
    this.path = file.path;
    this.logId = file.logId;
    this.minimumRetentionDays = minimumRetentionDays;
    const { entries, tree } = this.#parts;
    ({ length: this.#length, lastTime: this.#lastTime } = entries.end());
    this.#prunedBefore = entries.prunedBefore();
    // A reader does without: an auditor must be able to open a journal whose tree was altered.
    if (!file.readOnly) tree.continueAt(this.#length);
  }

  /** The next sequence: how many entries were ever appended, pruned ones included. */
  get length(): number {
    return this.#parts.file.readOnly
      ? this.#parts.file.read(() => this.#parts.entries.end()).length
      : this.#length;
  }

  /** @internal The first sequence that was not pruned. A closed writer still knows it. */
  get prunedBefore(): number {
    return this.#parts.file.readOnly
      ? this.#parts.file.read(() => this.#parts.entries.prunedBefore())
      : this.#prunedBefore;
  }

  /** When the newest entry was recorded; `[0, 0]` when there was never one. */
  get lastTime(): HrTime {
    return this.#parts.file.readOnly
      ? this.#parts.file.read(() => this.#parts.entries.end().lastTime)
      : this.#lastTime;
  }

  /** @internal The times of recording until now: see `RecordedTimes`. */
  earlierTimes(): EarlierTimes {
    const { entries, file } = this.#parts;
    return entries.earlierTimes(this.length, (work) => file.read(work));
  }

  /**
   * Appends the entries of the next sequences in one transaction, which is synced when it returns.
   *
   * @throws `AuditError` `journal_failed` with its cause: none was recorded, and the next call
   * tries again. If the file was deleted or replaced, it must be opened anew. `closed`.
   */
  append(...rows: readonly JournalRow[]): void {
    this.#parts.file.commit(() => {
      let next = this.#length;
      for (const { entry } of rows)
        if (entry.sequence !== next++)
          throw journalFailed(
            `the next sequence is ${next - 1}, not ${entry.sequence}; append entries in the ` +
              "order of their sequences",
          );
      const leaves = rows.map(({ entry }) => Buffer.from(entry.leafHash, "hex"));
      const { range, subtrees } = this.#parts.tree.grown(leaves);
      const hasIds = rows.some(({ ofOption }) => ofOption !== undefined);
      const alongside = (): void => {
        if (subtrees.length > 0) this.#parts.tree.store(subtrees);
        if (hasIds) this.#parts.givenIds.add(rows);
      };
      const isAlone = subtrees.length === 0 && !hasIds;
      this.#parts.entries.append(rows, leaves, isAlone ? undefined : alongside);
      this.#parts.tree.keep(range);
    });
    this.#length += rows.length;
    this.#lastTime = rows.at(-1)?.time ?? this.#lastTime;
  }

  /**
   * The entries of a query, newest first unless it asks for another order.
   *
   * @throws `AuditError` `invalid_query`, `journal_failed`.
   */
  entries<Name extends string>(query: OperationQuery<Name>): FoundEntry<Name>[];
  /** The same for a query that may find any operation. */
  entries(query?: AuditQuery): AuditEntry[];
  entries(query?: AuditQuery): AuditEntry[] {
    return this.select(parseQuery(query));
  }

  /** One page of a query, with the cursor of the next. Throws `invalid_query`, `journal_failed`. */
  page<Name extends string>(query: OperationQuery<Name>): AuditPage<FoundEntry<Name>>;
  /** The same for a query that may find any operation. */
  page(query?: AuditQuery): AuditPage;
  page(query?: AuditQuery): AuditPage {
    return pageOf(
      parseQuery(query),
      (parsed) => this.select(parsed),
      () => this.prunedBefore,
    );
  }

  /**
   * How many entries a query matches, whatever its limit. Throws `invalid_query`, `journal_failed`.
   */
  count(query?: Omit<AuditQuery, "limit">): number {
    return this.countOf(parseQuery(query));
  }

  /** @internal The entries of a query that was checked. */
  select(query: ParsedQuery): AuditEntry[] {
    return this.#parts.file.read(() => this.#parts.queries.select(query));
  }

  /** @internal How many entries a query that was checked matches. */
  countOf(query: ParsedQuery): number {
    return this.#parts.file.read(() => this.#parts.queries.count(query));
  }

  /** @internal Entries that are found by their lines: see `EntryQueries`. */
  byLines(column: ColumnName, values: readonly string[], first = 0, end = this.length) {
    return this.#parts.file.read(() => this.#parts.queries.byLines(column, values, first, end));
  }

  /** @internal The lines of [first, end), oldest first. */
  linesOf(first: number, end: number): Iterable<string> {
    return this.#parts.entries.lines(first, end, (work) => this.#parts.file.read(work));
  }

  /**
   * The different values that entries have in a column, by their UTF-8 bytes. Takes time for each
   * value, not for each entry.
   *
   * @throws `AuditError` `invalid_query` for another column; `journal_failed`, while it is read.
   *
   * @example Listing who acts in a log
   * ```ts
   * import { Journal } from "quorumlog/journal";
   *
   * const journal = Journal.open("governance.db", { readOnly: true });
   * for (const actorDid of journal.values("actorDid"))
   *   console.log(actorDid, journal.count({ actorDid }));
   * journal.close();
   * ```
   */
  values(column: ColumnName): Iterable<string> {
    if (!INDEXED_COLUMNS.some(({ name }) => name === column))
      throw new AuditError("invalid_query", "column: expected a column of a query", {
        field: "column",
      });
    return this.#parts.queries.values(column, (work) => this.#parts.file.read(work));
  }

  /**
   * The entry of a sequence; undefined when there is none, or it was pruned. Throws
   * `journal_failed`.
   */
  get(sequence: number): AuditEntry | undefined {
    if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
    return this.#parts.file.read(() => this.#parts.entries.at(sequence));
  }

  /** @internal The entry that a caller gave this id. It has no entry if that was pruned. */
  given(id: string): (GivenId & { readonly entry: AuditEntry | undefined }) | undefined {
    return this.#parts.file.read(() => {
      const given = this.#parts.givenIds.find(id);
      if (given === undefined) return undefined;
      const entry = this.#parts.entries.at(given.sequence);
      if (entry !== undefined && entry.id !== id)
        throw journalFailed(`its row of the id ${id} was altered; verify it (quorumlog verify)`);
      return { ...given, entry };
    });
  }

  /**
   * The canonical lines of all entries at the time of the call, oldest first. Throws
   * `journal_failed`.
   */
  lines(): Iterable<string> {
    return this.linesOf(this.prunedBefore, this.length);
  }

  /** The newest entries, at most `count`, oldest first, with what memory needs beside them. */
  newest(count: number): NewestEntry[] {
    const { length } = this;
    return this.#parts.file.read(() =>
      this.#parts.entries.between(Math.max(0, length - count), length),
    );
  }

  /**
   * Signs the Merkle tree over all entries (C2SP tlog-checkpoint), and stores the checkpoint.
   * Mirrors deliver it like an entry. Checkpoints are signed one after the other.
   *
   * @throws `AuditError` `journal_failed`; `verification_failed` when the journal is not what the
   * newest checkpoint of its name signed, so that nothing is signed; `invalid_options` for keys
   * that cannot sign it, and for a name that has signed another journal. An error of a remote key
   * passes through.
   */
  checkpoint(options: CheckpointOptions): Promise<StoredCheckpoint> {
    return this.#parts.signer.sign(options);
  }

  /** @internal Makes the name of the log this journal's alone: see `NameRegisters.claim`. */
  claimName(keys: readonly SigningKey[]): void {
    this.#parts.signer.claimName(keys);
  }

  /** The newest checkpoint, if there is one. Throws `journal_failed`. */
  newestCheckpoint(): StoredCheckpoint | undefined {
    return this.#parts.file.read(() => this.#parts.checkpoints.newest());
  }

  /** All checkpoints at the time of the call, oldest first. Throws `journal_failed`. */
  checkpoints(): Iterable<StoredCheckpoint> {
    const end = this.#parts.file.read(() => this.#parts.checkpoints.end());
    return this.#parts.checkpoints.until(end, (work) => this.#parts.file.read(work));
  }

  /**
   * Proves an entry, or all entries of a proposal, by the newest checkpoint, to somebody who has
   * nothing but the log's public key.
   *
   * @param what - The sequence of the entry, or the proposal.
   * @returns For a sequence the text of a C2SP tlog-proof file, for a proposal an evidence bundle
   * (JSON).
   * @throws `AuditError` `journal_failed` when there is no such entry, or no checkpoint covers it
   * yet; `verification_failed` when the journal is not what was signed; `invalid_query`.
   */
  async prove(what: number | { readonly proposalId: string }): Promise<string> {
    return this.#parts.file.read(() => prove(what, this.#parts));
  }

  /** All that it holds, for `verify`. It is handed over as it is, and not checked here. */
  evidence(): EvidenceSource {
    return evidenceOf(this.#parts, () => this.length);
  }

  /** What it holds, and what became of it in each mirror. Throws `journal_failed`. */
  stats(): JournalStats {
    return this.#parts.file.read(() => statsOf(this.path, this.length, this.#parts));
  }

  /**
   * What a mirror has not delivered yet. One name leads to the same object. A mirror that the
   * journal does not know starts at the current end, unless it asks for a backfill. Throws
   * `invalid_options`, `journal_failed`.
   */
  outbox(mirror: string, options: OutboxOptions = {}): Outbox {
    return this.#parts.file.write(() =>
      this.#parts.outboxes.open(mirror, options, this.#prunedBefore),
    );
  }

  /** The records that were rejected, of one mirror or of all, by mirror and sequence. */
  rejected(mirror?: string): RejectedRecord[] {
    return this.#parts.file.read(() => this.#parts.outboxes.rejected(mirror));
  }

  /**
   * Makes rejected records of a mirror pending again, and returns how many. Pruned entries stay
   * rejected.
   *
   * @param sequences - The entries to send again. All, and all checkpoints, when left out.
   * @throws `AuditError` `invalid_options` for a mirror that the journal does not know;
   * `journal_failed`.
   */
  resend(mirror: string, sequences?: readonly number[]): number {
    return this.#parts.file.write(() =>
      this.#parts.outboxes.resend(mirror, this.#prunedBefore, sequences),
    );
  }

  /**
   * Forgets a mirror that will not come back. Throws `invalid_options` for a mirror that the
   * journal does not know, and for one that this process has opened.
   */
  forgetMirror(mirror: string): void {
    this.#parts.file.write(() => this.#parts.outboxes.forget(mirror));
  }

  /** @internal What a pruning would remove: see `plannedPruning`. */
  planPruning(olderThanMillis: number, heldFrom: number): PlannedPruning {
    return this.#parts.file.write(() => {
      const { file, entries, outboxes } = this.#parts;
      const prunedTime = entries.prunedTime();
      const held = { first: this.#prunedBefore, length: this.#length, prunedTime };
      const waiting = outboxes.oldestPending();
      return plannedPruning(file.database, held, olderThanMillis, heldFrom, waiting);
    });
  }

  /**
   * @internal Removes what was planned, from the first entry on, and keeps the leaf hashes. Only a
   * log calls it, when it has sealed an entry that says so: see `Retention`.
   */
  prune(planned: PlannedPruning): void {
    if (planned.end <= planned.first || planned.first !== this.#prunedBefore) return;
    this.#parts.file.write(() => carryOut(this.#parts.file.database, planned));
    this.#prunedBefore = planned.end;
  }

  /**
   * Copies the journal, which may be written to meanwhile. The copy is a journal of the same log,
   * as it was at some moment during the call. Rejects with `journal_failed`, also when something is
   * at the path already; `invalid_options`; `closed`.
   */
  async backup(path: string): Promise<void> {
    this.#parts.file.assertOpen();
    await backupTo(path, (draft) => this.#parts.file.copyTo(draft));
  }

  /** Copies the write-ahead log into the file, and closes both. Later calls do nothing. */
  close(): void {
    this.#parts.file.close(() => {
      const { contexts } = this.#parts.entries;
      contexts.update(contexts.settled());
      this.#parts.outboxes.save();
    });
  }
}
