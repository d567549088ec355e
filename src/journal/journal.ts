import type { AuditEntry } from "../entry/audit-entry.js";
import { invalidOption } from "../errors.js";
import type { EvidenceSource } from "../integrity/evidence.js";
import { type AuditQuery, parseQuery } from "../query/audit-query.js";
import { type AuditPage, type AuditReader, pageOf } from "../query/audit-reader.js";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";
import { backupTo } from "./backup.js";
import { CheckpointTable } from "./checkpoint-table.js";
import { type CheckpointOptions, Checkpoints } from "./checkpoints.js";
import { Connection } from "./connection.js";
import { Deliverables } from "./deliverables.js";
import { EntryReader } from "./entry-reader.js";
import { EntryTable, type HrTime, type JournalRow } from "./entry-table.js";
import { evidenceOf } from "./evidence.js";
import { journalFailed } from "./failure.js";
import { type JournalStats, statsOf } from "./journal-stats.js";
import type { NewestEntry } from "./newest-entry.js";
import {
  assertFilePath,
  type JournalOptions,
  type ResolvedJournalOptions,
  resolveJournalOptions,
} from "./options.js";
import type { Outbox, OutboxOptions } from "./outbox.js";
import { Outboxes } from "./outboxes.js";
import { Prover } from "./proving.js";
import { type PruneOptions, type Pruning, prune, pruneMillis } from "./pruning.js";
import type { RejectedRecord } from "./rejected-record.js";

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
  readonly #minimumRetentionDays: number;
  readonly #file: Connection;
  readonly #entries: EntryTable;
  readonly #reader: EntryReader;
  readonly #outboxes: Outboxes;
  readonly #deliverables: Deliverables;
  readonly #checkpointTable: CheckpointTable;
  readonly #checkpoints: Checkpoints;
  readonly #prover: Prover;
  #length: number;
  #lastTime: HrTime;

  /**
   * Opens the journal at a path; for writing, it makes one when nothing is there.
   *
   * @throws `AuditError` `journal_failed` when the file is damaged, foreign, of a newer version, or held by
   * another process for writing, which it names; `invalid_options`. Nothing is overwritten.
   */
  static open(path: string, options: JournalOptions = {}): Journal {
    const resolved = resolveJournalOptions(options);
    const file = new Connection(path, resolved);
    try {
      return file.read(() => new Journal(file, resolved));
    } catch (error) {
      file.abandon();
      throw error;
    }
  }

  private constructor(file: Connection, { minimumRetentionDays }: ResolvedJournalOptions) {
    this.path = file.path;
    this.logId = file.logId;
    this.#minimumRetentionDays = minimumRetentionDays;
    this.#file = file;
    this.#entries = new EntryTable(file.database);
    this.#reader = new EntryReader(file.database, this.#entries, file.logId);
    const table = new CheckpointTable(file.database, this.#entries.contexts, file.logId);
    this.#checkpointTable = table;
    this.#deliverables = new Deliverables(file.logId, this.#entries, table, () => this.length);
    this.#outboxes = new Outboxes(file.database, this.#deliverables, () => file.isKept);
    ({ length: this.#length, lastTime: this.#lastTime } = this.#entries.end());
    this.#checkpoints = new Checkpoints({
      file,
      entries: this.#entries,
      table,
      deliverables: this.#deliverables,
      stored: () => this.#outboxes.checkpointStored(),
      end: () => ({ length: this.#length, lastTime: this.#lastTime }),
    });
    this.#prover = new Prover(this.#entries, () => table.newest());
    if (file.readOnly) return; // what is read is checked then; what was altered must still be open to an auditor
    this.#entries.tree.continueAt(this.#length);
  }

  /** The next sequence: how many entries were ever appended, pruned ones included. */
  get length(): number {
    return this.#file.readOnly ? this.#file.read(() => this.#entries.end()).length : this.#length;
  }

  /** When the newest entry was recorded; `[0, 0]` when there was never one. */
  get lastTime(): HrTime {
    return this.#file.readOnly
      ? this.#file.read(() => this.#entries.end().lastTime)
      : this.#lastTime;
  }

  /**
   * Appends the entries of the next sequences, in one transaction that is synced when it returns.
   *
   * @throws `AuditError` `journal_failed` with its cause: none was recorded, and the next call tries again.
   * When the file was deleted or replaced, it must be opened anew. `closed`.
   */
  append(...rows: readonly JournalRow[]): void {
    this.#file.commit(() => {
      let next = this.#length;
      for (const { entry } of rows)
        if (entry.sequence !== next++)
          throw journalFailed(`the next sequence is ${next - 1}, not ${entry.sequence}`);
      this.#entries.append(rows);
    });
    this.#length += rows.length;
    this.#lastTime = rows.at(-1)?.time ?? this.#lastTime;
  }

  /** The entries of a query, newest first unless it says otherwise. Throws `invalid_query`, `journal_failed`. */
  entries(query?: AuditQuery): AuditEntry[] {
    const parsed = parseQuery(query);
    return this.#file.read(() => this.#reader.select(parsed));
  }

  /** One page of a query with the cursor of the next. Throws `invalid_query`, `journal_failed`. */
  page(query?: AuditQuery): AuditPage {
    return pageOf(parseQuery(query), (parsed) =>
      this.#file.read(() => this.#reader.select(parsed)),
    );
  }

  /** How many entries a query matches, its limit aside. Throws `invalid_query`, `journal_failed`. */
  count(query?: Omit<AuditQuery, "limit">): number {
    const parsed = parseQuery(query);
    return this.#file.read(() => this.#reader.count(parsed));
  }

  /** The entry of a sequence; undefined when there is none or it was pruned. Throws `journal_failed`. */
  get(sequence: number): AuditEntry | undefined {
    if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
    return this.#file.read(() => this.#reader.at(sequence));
  }

  /** The canonical lines of all entries that it holds at the call, oldest first. Throws `journal_failed`. */
  lines(): Iterable<string> {
    const first = this.#file.read(() => this.#entries.prunedBefore());
    return this.#reader.lines(first, this.length, (work) => this.#file.read(work));
  }

  /** The newest entries, at most `count`, the oldest of them first, with what memory needs beside them. */
  newest(count: number): NewestEntry[] {
    const { length } = this;
    return this.#file.read(() => this.#reader.between(Math.max(0, length - count), length));
  }

  /**
   * Signs the Merkle tree over all entries (C2SP tlog-checkpoint), and stores the checkpoint, which mirrors deliver like an
   * entry. One is signed after the other.
   *
   * @throws `AuditError` `journal_failed`; `verification_failed` when the journal does not have any more what the newest
   * checkpoint was signed of, so that nothing is signed; `invalid_options` for keys that cannot sign it. What a remote
   * key throws goes through.
   */
  checkpoint(options: CheckpointOptions): Promise<StoredCheckpoint> {
    return this.#checkpoints.sign(options);
  }

  /** The newest checkpoint, if there is any. */
  newestCheckpoint(): StoredCheckpoint | undefined {
    return this.#file.read(() => this.#checkpointTable.newest());
  }

  /** All checkpoints that it holds at the call, oldest first. */
  checkpoints(): Iterable<StoredCheckpoint> {
    const end = this.#file.read(() => this.#checkpointTable.end());
    return this.#checkpointTable.until(end, (work) => this.#file.read(work));
  }

  /**
   * Proves an entry, or all of a proposal, against the newest checkpoint, for somebody who has nothing but the log's public
   * key: the text of a C2SP tlog-proof file for one sequence, an evidence bundle (JSON) for a proposal.
   *
   * @throws `AuditError` `journal_failed` when there is no such entry, or no checkpoint over it yet;
   * `verification_failed` when the journal is not what was signed; `invalid_query`.
   */
  async prove(what: number | { readonly proposalId: string }): Promise<string> {
    if (typeof what === "number") return this.#file.read(() => this.#prover.entry(what));
    // a condition that is missing would hand over the whole log
    if (typeof what?.proposalId !== "string")
      throw invalidOption("proposalId", "expected a string");
    const parsed = parseQuery({
      proposalId: what.proposalId,
      order: "oldest",
      limit: Number.MAX_SAFE_INTEGER,
    });
    return this.#file.read(() => this.#prover.bundle(this.#reader.select(parsed)));
  }

  /** All that it holds, for `verify`: read as it stands there, and not checked by it. */
  evidence(): EvidenceSource {
    const position = this.#file.read(() => this.#checkpointTable.end()); // first: none is over entries that come later
    const end = { position, length: this.length };
    const parts = { entries: this.#entries, checkpoints: this.#checkpointTable, file: this.#file };
    return { [Symbol.asyncIterator]: () => evidenceOf(parts, end) };
  }

  /** What it holds, and what became of it in each mirror. */
  stats(): JournalStats {
    return this.#file.read(() => {
      this.#refresh();
      const { length } = this;
      const first = this.#entries.prunedBefore();
      return statsOf(this.path, { first, length }, this.#reader, this.#outboxes.stats());
    });
  }

  /**
   * What a mirror has still to deliver; the same object for the same name. A mirror that the journal does not know
   * starts at the current end. Throws `invalid_options`, `journal_failed`.
   */
  outbox(mirror: string, options: OutboxOptions = {}): Outbox {
    return this.#file.write(() =>
      this.#outboxes.open(mirror, options, this.#entries.prunedBefore()),
    );
  }

  /** The records that a mirror, or any, has refused for good, by mirror and sequence. */
  rejected(mirror?: string): RejectedRecord[] {
    return this.#file.read(() => {
      this.#refresh();
      return this.#outboxes.rejected(mirror);
    });
  }

  /**
   * Makes rejected records of a mirror pending again, all or those of some sequences; returns how many. Pruned ones
   * stay rejected. Throws `invalid_options` for a mirror that the journal does not know.
   */
  resend(mirror: string, sequences?: readonly number[]): number {
    return this.#file.write(() =>
      this.#outboxes.resend(mirror, this.#entries.prunedBefore(), sequences),
    );
  }

  /** Forgets a mirror that will not come back. Throws `invalid_options` for one unknown, or open in this process. */
  forgetMirror(mirror: string): void {
    this.#file.write(() => this.#outboxes.forget(mirror));
  }

  /**
   * Removes the entries that were recorded before a time, from the first one on, and keeps their leaf hashes, so that
   * proofs still hold. Throws `invalid_options` for a time that `minimumRetentionDays` forbids, `journal_failed` when a
   * mirror has one of the entries still to deliver; nothing was pruned then.
   */
  prune(options: PruneOptions): Pruning {
    const millis = pruneMillis(options, this.#minimumRetentionDays);
    return this.#file.write(() => {
      const held = { first: this.#entries.prunedBefore(), end: this.#length };
      return prune(this.#file.database, held, millis, this.#outboxes.oldestPending());
    });
  }

  /**
   * Copies the journal while it may be written to; the copy is a journal of the same log as of some moment during the
   * call. Rejects with `journal_failed`, also when something is at the path already; `invalid_options`.
   */
  async backup(path: string): Promise<void> {
    this.#file.assertOpen();
    assertFilePath(path, "path");
    await backupTo(this.#file.database, path);
  }

  /** Copies the write-ahead log into the file and lets go of both; once, later calls do nothing. */
  close(): void {
    this.#file.close(() => {
      this.#entries.settle();
      this.#outboxes.save();
    });
  }

  /** Takes in which checkpoints another process has stored. */
  #refresh(): void {
    if (this.#file.readOnly) this.#deliverables.refresh();
  }
}
