import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../errors.js";
import { journalFailed } from "./failure.js";
import { FilePlace, realPathOf } from "./journal-file.js";
import { openJournal, readFailure, release } from "./open-journal.js";
import { assertFilePath, type ResolvedJournalOptions } from "./options.js";

/** An open file of a journal: says what is wrong with it in the terms of a journal, and lets go of it once. */
export class Connection {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  readonly logId: string;
  readonly readOnly: boolean;
  readonly database: DatabaseSync;
  readonly #unlock: () => void;
  readonly #place: FilePlace;
  #closed = false;

  /**
   * Opens the journal at a path; for writing, it makes one when nothing is there.
   *
   * @throws {@link AuditError} `journal_failed`, `invalid_options`. Nothing is overwritten.
   */
  constructor(path: string, options: ResolvedJournalOptions) {
    assertFilePath(path, "path");
    this.path = realPathOf(path);
    this.readOnly = options.readOnly;
    ({
      database: this.database,
      logId: this.logId,
      unlock: this.#unlock,
    } = openJournal(this.path, options));
    this.#place = new FilePlace(this.path);
  }

  /** Whether the path still leads to the file that was opened. */
  get isKept(): boolean {
    return this.#place.isKept;
  }

  /** Does what only reads. Throws `closed`, `journal_failed`. */
  read<T>(work: () => T): T {
    this.assertOpen();
    try {
      return work();
    } catch (cause) {
      throw readFailure(this.path, cause);
    }
  }

  /** Does what writes, in transactions of its own. Throws `closed`, `journal_failed`, and what `work` says itself. */
  write<T>(work: () => T): T {
    this.#assertWritable();
    this.#place.assertKept();
    try {
      return work();
    } catch (cause) {
      if (cause instanceof AuditError) throw cause;
      throw journalFailed(`${this.path} cannot be written; nothing was changed`, cause);
    }
  }

  /** Does what writes a record that somebody relies on: it is in the file that the path leads to, or this throws. */
  commit<T>(work: () => T): T {
    const result = this.write(work);
    this.#place.assertKeptStill();
    return result;
  }

  /** Throws `closed`. */
  assertOpen(): void {
    if (this.#closed) throw new AuditError("closed", "the journal was closed");
  }

  /** Copies the write-ahead log into the file and lets go of both, once. `tidy` saves what was not. */
  close(tidy: () => void): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (!this.readOnly && !this.#place.isLost) {
        tidy();
        release(this.database);
      }
    } catch (cause) {
      throw journalFailed(`${this.path} was closed, but not tidied; its -wal belongs to it`, cause);
    } finally {
      this.database.close();
      this.#unlock();
    }
  }

  /** Lets go of both as they are: the journal in it was never usable. */
  abandon(): void {
    this.#closed = true;
    this.database.close();
    this.#unlock();
  }

  #assertWritable(): void {
    this.assertOpen();
    if (this.readOnly) throw journalFailed(`${this.path} was opened with readOnly: true`);
  }
}
