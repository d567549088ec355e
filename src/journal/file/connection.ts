import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import { damaged, journalFailed, readFailure } from "./failure.js";
import { copyDatabase, FileIdentity } from "./journal-file.js";
import type { QuietReader } from "./quiet-reader.js";
import type { SchemaDifference } from "./schema-check.js";
import { clearOwner } from "./writer-lock.js";

/** A journal's database that was opened and checked. */
export interface OpenedDatabase {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  readonly logId: string;
  readonly readOnly: boolean;
  readonly database: DatabaseSync;
  /** How the schema differs from the one of a journal. Only a reader may have any. */
  readonly differences: readonly SchemaDifference[];
  /** Of a reader; a writer has none. */
  readonly reader?: QuietReader | undefined;
  /** Lets go of the writer's lock. */
  readonly unlock: () => void;
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
  readonly #unlock: () => void;
  readonly #identity: FileIdentity;
  #closed = false;

  /** Takes over the database and the lock. */
  constructor({ path, logId, readOnly, database, differences, reader, unlock }: OpenedDatabase) {
    this.#identity = new FileIdentity(path);
    this.path = path;
    this.logId = logId;
    this.readOnly = readOnly;
    this.database = database;
    this.differences = differences;
    this.#reader = reader;
    this.#unlock = unlock;
  }

  /** Whether the path still leads to the file that was opened. */
  get isKept(): boolean {
    return this.#identity.isKept;
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
    if (this.readOnly)
      throw journalFailed(
        `${this.path} was opened with readOnly: true; open it without, to write to it`,
      );
    this.#identity.assertKept();
    try {
      return work();
    } catch (cause) {
      if (cause instanceof AuditError) throw cause;
      throw journalFailed(`${this.path} cannot be written; nothing was changed`, cause);
    }
  }

  /**
   * Runs `work`, which writes something that a caller relies on. When this returns, it is in the
   * file that the path leads to.
   */
  commit<T>(work: () => T): T {
    const result = this.write(work);
    this.#identity.assertKeptStill();
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
    try {
      if (!this.readOnly && !this.#identity.isLost) {
        save();
        clearOwner(this.database);
        this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      }
    } catch (cause) {
      throw journalFailed(
        `${this.path} was closed, but its write-ahead log could not be copied into it; keep ` +
          `${this.path}-wal beside it, which belongs to it`,
        cause,
      );
    } finally {
      this.abandon();
    }
  }

  /** Closes the file as it is, and lets go of the lock. */
  abandon(): void {
    this.#closed = true;
    this.database.close();
    this.#unlock();
  }
}
