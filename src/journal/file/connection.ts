import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import type { SchemaDifference } from "./schema-check.js";
import { damaged, readFailure } from "./sqlite.js";

/**
 * How a process reads and writes the file of a journal: as the one writer (`WriteGuard`), or as one
 * of its readers (`QuietReader`).
 */
export interface FileAccess {
  readonly database: DatabaseSync;
  readonly readOnly: boolean;
  /**
   * Whether the path still leads to the file that was opened: the next process will open it, with
   * what is written to it.
   */
  readonly isKept: boolean;
  /** Runs `work`, which only reads. Throws `journal_failed`, and what `work` throws. */
  read<T>(work: () => T): T;
  /** Copies the whole database into an empty file. Throws what SQLite throws. */
  copyTo(path: string): Promise<void>;
  /**
   * Runs `work`, which writes in transactions of its own. Throws `journal_failed`, and the
   * `AuditError` that `work` throws. A reader throws `journal_failed`.
   */
  write<T>(work: () => T): T;
  /** The same for something that a caller relies on. When this returns, it is in the file. */
  commit<T>(work: () => T): T;
  /** Ends the access. A writer saves what was not saved yet. */
  close(save: () => void): void;
  /** Ends the access, and leaves the file as it is. */
  abandon(): void;
}

/** A journal's database that was opened and checked. */
export interface OpenedDatabase {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  readonly logId: string;
  /** How the schema differs from the one of a journal. Only a reader may have any. */
  readonly differences: readonly SchemaDifference[];
  readonly access: FileAccess;
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
  readonly #access: FileAccess;
  #closed = false;

  /** Takes over the access to the file. */
  constructor({ path, logId, differences, access }: OpenedDatabase) {
    this.path = path;
    this.logId = logId;
    this.readOnly = access.readOnly;
    this.database = access.database;
    this.differences = differences;
    this.#access = access;
  }

  /** Whether the path still leads to the file that was opened. */
  get isKept(): boolean {
    return this.#access.isKept;
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
      return this.#access.read(work);
    } catch (cause) {
      throw readFailure(this.path, cause);
    }
  }

  /** Copies the whole database into an empty file. Throws `closed`; what SQLite throws. */
  async copyTo(path: string): Promise<void> {
    this.assertOpen();
    await this.#access.copyTo(path);
  }

  /**
   * Runs `work`, which writes in transactions of its own. Throws `closed`, `journal_failed`, and
   * the `AuditError` that `work` throws.
   */
  write<T>(work: () => T): T {
    this.assertOpen();
    return this.#access.write(work);
  }

  /**
   * Runs `work`, which writes something that a caller relies on. When this returns, it is in the
   * file that the path leads to.
   */
  commit<T>(work: () => T): T {
    this.assertOpen();
    return this.#access.commit(work);
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
    this.#access.close(save);
  }

  /** Closes the file as it is, and lets go of the lock. */
  abandon(): void {
    this.#closed = true;
    this.#access.abandon();
  }
}
