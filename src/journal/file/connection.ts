import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import { copyDatabase } from "./journal-file.js";
import type { QuietReader } from "./quiet-reader.js";
import type { SchemaDifference } from "./schema-check.js";
import { damaged, journalFailed, readFailure } from "./sqlite.js";
import { WriteAheadLog } from "./write-ahead-log.js";
import type { WriteGuard } from "./write-guard.js";

/** A journal's database that was opened and checked. */
export interface OpenedDatabase {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  readonly logId: string;
  readonly database: DatabaseSync;
  /** How the schema differs from the one of a journal. Only a reader may have any. */
  readonly differences: readonly SchemaDifference[];
  /** Of a reader; a writer has none. */
  readonly reader?: QuietReader | undefined;
  /** Of a writer; a reader has none. */
  readonly guard?: WriteGuard | undefined;
}

/**
 * Whether a journal with these differences may be read. Triggers and views do not change what is
 * read from a table.
 */
export function isReadable(differences: readonly SchemaDifference[]): boolean {
  return differences.every(({ type }) => type === "trigger" || type === "view");
}

/**
 * The open file of a journal. It turns what SQLite throws into `journal_failed`, and closes once.
 */
export class Connection {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  readonly logId: string;
  readonly readOnly: boolean;
  readonly database: DatabaseSync;
  /** How the schema differs from the one of a journal. */
  readonly differences: readonly SchemaDifference[];
  readonly #reader: QuietReader | undefined;
  readonly #guard: WriteGuard | undefined;
  readonly #log: WriteAheadLog | undefined;
  #closed = false;

  /** Takes over the database, and its guard. */
  constructor({ path, logId, database, differences, reader, guard }: OpenedDatabase) {
    this.path = path;
    this.logId = logId;
    this.readOnly = guard === undefined;
    this.database = database;
    this.differences = differences;
    this.#reader = reader;
    this.#guard = guard;
    this.#log = guard && new WriteAheadLog(path, database, () => guard.isKept);
  }

  /**
   * Whether the path still leads to the file that was opened: the next process will open it, with
   * what is written to it.
   */
  get isKept(): boolean {
    return (this.#guard ?? this.#reader)?.isKept ?? false;
  }

  /**
   * Whether the tables are those of a journal. If not, nothing but `verify` can read it: queries
   * would answer from what somebody else made.
   */
  get isReadable(): boolean {
    return isReadable(this.differences);
  }

  /** Runs `work`, which only reads. Throws `closed`, `journal_failed`. */
  read<T>(work: () => T): T {
    if (!this.isReadable) {
      const reasons = this.differences.map(({ problem }) => problem).join("; ");
      throw damaged(this.path, new Error(`${reasons}; quorumlog verify says more`));
    }
    return this.readAltered(work);
  }

  /** Runs `work`, which only reads, whatever the tables are. Throws `closed`, `journal_failed`. */
  readAltered<T>(work: () => T): T {
    this.assertOpen();
    try {
      return this.#reader === undefined ? work() : this.#reader.read(work);
    } catch (cause) {
      throw readFailure(this.path, cause);
    }
  }

  /** Copies the whole database into an empty file. Throws `closed`; what SQLite throws. */
  async copyTo(path: string): Promise<void> {
    this.assertOpen();
    if (this.#reader === undefined) return copyDatabase(this.database, path);
    return this.#reader.readSlowly((database) => copyDatabase(database, path));
  }

  /**
   * Runs `work`, which writes in transactions of its own. Throws `closed`, `journal_failed`, and
   * the `AuditError` that `work` throws.
   */
  write<T>(work: () => T): T {
    this.assertOpen();
    if (this.#guard === undefined)
      throw journalFailed(
        `${this.path} was opened with readOnly: true; open it without, to write to it`,
      );
    this.#guard.assertKept();
    try {
      return work();
    } catch (cause) {
      throw this.#guard.failureOf(cause);
    }
  }

  /**
   * Runs `work`, which writes something that a caller relies on. When this returns, it is in the
   * file that the path leads to.
   */
  commit<T>(work: () => T): T {
    const result = this.write(work);
    this.#guard?.assertKeptStill();
    this.#log?.onCommit();
    return result;
  }

  /** Throws `closed`. */
  assertOpen(): void {
    if (this.#closed) throw new AuditError("closed", "the journal was closed");
  }

  /**
   * Copies the write-ahead log into the file, closes it, and lets go of the lock. Later calls do
   * nothing.
   *
   * @param save - Saves what was not saved yet.
   */
  close(save: () => void): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#log?.close();
    if (this.#guard === undefined) this.database.close();
    else this.#guard.close(save);
  }

  /** Closes the file as it is, and lets go of the lock. */
  abandon(): void {
    this.#closed = true;
    this.#log?.close();
    if (this.#guard === undefined) this.database.close();
    else this.#guard.abandon();
  }
}
