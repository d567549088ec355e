import { renameSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import type { FileAccess } from "./connection.js";
import { type FileLoss, FileWatch } from "./file-watch.js";
import { copyDatabase } from "./journal-file.js";
import { bytesOf, journalFailed, openSqlite, readFailure } from "./sqlite.js";
import { CHECKPOINT_BYTES, WriteAheadLog } from "./write-ahead-log.js";
import { Ownership } from "./writer-lock.js";

/** How often a writer asks whether it is still the owner. Each write depends on that anyway. */
const OWNER_MILLIS = 1000;

/** POSIX locks belong to a process and a file, not to a descriptor (fcntl(2)). */
const WHY =
  "A process that opens and closes the files of its own journal, as it does to copy the folder, " +
  "loses its locks: use Journal.backup, or copy them in another process";

/** A journal's database that is open for writing, under the lock. */
export interface LockedDatabase {
  /** The file, absolute, without symbolic links. */
  readonly path: string;
  readonly database: DatabaseSync;
  /** Lets go of the writer's lock. */
  readonly unlock: () => void;
}

/** What a loss means for a writer. */
interface JudgedLoss {
  readonly error: AuditError;
  /** Whether the file alone holds all that was recorded. */
  readonly isWhole: boolean;
  /** Whether what this connection still writes reaches the file when it is closed. */
  readonly takesMore: boolean;
}

/**
 * Stands before and after each write to a journal. It sees that the write goes into the files that
 * the next process will open, and that no other process writes to them.
 */
export class WriteGuard implements FileAccess {
  readonly readOnly = false;
  readonly database: DatabaseSync;
  readonly #path: string;
  readonly #unlock: () => void;
  readonly #ownership: Ownership;
  readonly #watch: FileWatch;
  readonly #log: WriteAheadLog;
  /** Whether a write-ahead log that lost its name was copied into the file. */
  #isCopied = false;
  /** Whether it was closed with all that was recorded in the file. */
  #isClosed = false;
  #asked = performance.now();
  /** Why nothing can be written until the journal is opened anew. */
  #failure: AuditError | undefined;

  /**
   * Takes over a database and its lock, and makes this process the owner.
   *
   * @throws `AuditError` `journal_failed`; what SQLite and the file system throw.
   */
  constructor({ path, database, unlock }: LockedDatabase) {
    this.#path = path;
    this.database = database;
    this.#unlock = unlock;
    this.#ownership = new Ownership(database);
    this.#watch = new FileWatch(path, () => this.#log.isWhole && isMixed(path, database));
    this.#log = new WriteAheadLog(path, database, () => this.isKept);
    const missing = this.#watch.look()?.suffix;
    if (missing !== undefined)
      throw journalFailed(
        `${path}${missing} cannot be seen. If Node runs with --permission, allow it the whole ` +
          "folder (--allow-fs-read=FOLDER/* --allow-fs-write=FOLDER/*)",
      );
  }

  /** Whether what was written is in the file that the next process will open. */
  get isKept(): boolean {
    try {
      if (this.#failure !== undefined) return false;
      return this.#isClosed ? this.#watch.isInPlace : this.#watch.look() === undefined;
    } catch {
      return false; // it cannot be told
    }
  }

  /** Reads at once, since nobody else writes. */
  read<T>(work: () => T): T {
    return work();
  }

  async copyTo(path: string): Promise<void> {
    await copyDatabase(this.database, path);
  }

  write<T>(work: () => T): T {
    const result = this.#written(work);
    this.#lookAtLog();
    return result;
  }

  commit<T>(work: () => T): T {
    const result = this.#written(work);
    this.#assertKeptStill();
    this.#lookAtLog();
    return result;
  }

  /**
   * Copies the write-ahead log into the file and closes it. Files that are not those of this
   * process any more are left as they are.
   *
   * @param save - Saves what was not saved yet.
   * @throws `AuditError` `journal_failed`, also when the path does not lead to all that was
   * recorded.
   */
  close(save: () => void): void {
    this.#log.close();
    let takesMore = false;
    try {
      const loss = this.#lossAtEnd();
      takesMore = loss?.takesMore ?? true;
      if (takesMore) this.#saveAll(save);
      if (loss !== undefined && !loss.isWhole) throw loss.error;
      this.#isClosed = true;
    } finally {
      if (!takesMore || this.#failure !== undefined) closeAsItIs(this.#path, this.database);
      this.abandon();
    }
  }

  /** Closes the file, and lets go of the lock. */
  abandon(): void {
    this.#log.close();
    if (this.database.isOpen) this.database.close();
    this.#unlock();
  }

  #written<T>(work: () => T): T {
    this.#assertKept();
    try {
      return work();
    } catch (cause) {
      this.#log.onFailure();
      throw this.#failureOf(cause);
    }
  }

  #lookAtLog(): void {
    if (!this.#log.onWrite()) throw this.#logOverwritten();
  }

  /** Before a write. Throws `journal_failed`. */
  #assertKept(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const loss = this.#watch.look();
    if (loss !== undefined) throw this.#judged(loss).error;
    this.#isCopied = false;
    if (performance.now() - this.#asked < OWNER_MILLIS) return;
    this.#asked = performance.now();
    this.#assertOwner();
  }

  /**
   * After a write that a caller relies on. Throws `journal_failed` if the file does not have it.
   * Then there is an entry somewhere of which its caller was told that it is not recorded, so
   * nothing more is written.
   */
  #assertKeptStill(): void {
    const loss = this.#watch.lookAgain();
    // Without the lock file, this write is in the file, and the next one will be refused.
    if (loss === undefined || loss.suffix === ".lock") return;
    const { error, isWhole } = this.#judged(loss);
    if (isWhole) return;
    this.#failure = error;
    throw error;
  }

  /** Why a write failed: another process took the journal over, or what SQLite says. */
  #failureOf(cause: unknown): AuditError {
    try {
      this.#assertOwner();
    } catch {
      if (this.#failure !== undefined) return this.#failure;
    }
    if (cause instanceof AuditError) return cause;
    const why = isOutOfStep(cause)
      ? "lacks entries that this process wrote, or has others: another program changed it. " +
        "Verify it (quorumlog verify), and open the journal anew"
      : "cannot be written";
    return journalFailed(`${this.#path} ${why}; nothing was changed`, cause);
  }

  #lossAtEnd(): JudgedLoss | undefined {
    if (this.#failure !== undefined)
      return { error: this.#failure, isWhole: false, takesMore: false };
    const loss = this.#watch.look() ?? this.#watch.compare();
    if (loss === undefined || loss.suffix === ".lock") this.#assertOwner();
    return loss && this.#judged(loss);
  }

  #judged(loss: FileLoss): JudgedLoss {
    const path = this.#path;
    const what = `${path}${loss.suffix} was deleted, moved or replaced`;
    switch (loss.suffix) {
      case "": {
        if (loss.isOverwritten) return this.#overwritten();
        const advice = "nothing was recorded. Put it back, or open a journal anew";
        return { error: journalFailed(`${what}; ${advice}`), isWhole: false, takesMore: true };
      }
      case ".lock": {
        const why = "so another process could write too; nothing was recorded";
        const error = journalFailed(`${what}, ${why}. Put it back, or open the journal anew`);
        return { error, isWhole: true, takesMore: true };
      }
      default: {
        const isAlone = loss.suffix === "-wal" && this.#watch.isAlone(loss);
        this.#isCopied ||= isAlone && this.#copied();
        const before = this.#isCopied ? ` What was recorded before was copied into ${path}.` : "";
        const advice = `nothing was recorded.${before} Put it back, or open the journal anew`;
        const error = journalFailed(`${what}; ${advice}. ${WHY}`);
        return { error, isWhole: this.#isCopied, takesMore: this.#isCopied && isAlone };
      }
    }
  }

  #overwritten(): JudgedLoss {
    const path = this.#path;
    this.#failure = journalFailed(
      `${path} was overwritten by another program while it was open; nothing was recorded. Stop ` +
        `this process. Move ${path}-wal and ${path}-shm away: they do not belong to what is now ` +
        "there. But keep them: they have the newest entries. Then restore the file from a backup",
    );
    return { error: this.#failure, isWhole: false, takesMore: false };
  }

  #logOverwritten(): AuditError {
    const path = this.#path;
    this.#failure = journalFailed(
      `${path}-wal was cut or overwritten by another program while it was open; the newest ` +
        `entries may be lost, and nothing more is recorded. Stop this process. Keep ${path} and ` +
        "all files beside it. Restore it from a backup, or from what was mirrored",
    );
    return this.#failure;
  }

  /** Whether all of the write-ahead log could be copied into the file. */
  #copied(): boolean {
    try {
      const row = this.database.prepare("PRAGMA wal_checkpoint(FULL)").get();
      return row?.["busy"] === 0 && row["log"] === row["checkpointed"];
    } catch {
      return false;
    }
  }

  #assertOwner(): void {
    try {
      if (this.#ownership.isKept) return;
    } catch (cause) {
      throw readFailure(this.#path, cause);
    }
    this.#failure = journalFailed(
      `${this.#ownership.holder} has taken ${this.#path} over; nothing was recorded. This ` +
        "process had lost its lock: somebody deleted the lock file, or this process itself " +
        `opened and closed ${this.#path}.lock. ${WHY}. Let one process alone write to the journal`,
    );
    throw this.#failure;
  }

  #saveAll(save: () => void): void {
    try {
      save();
      this.#ownership.end();
      // to copy what is missing would damage the file
      if (!this.#log.isWhole) throw this.#logOverwritten();
      this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (cause) {
      if (cause === this.#failure) throw cause;
      throw journalFailed(
        `${this.#path} was closed, but its write-ahead log could not be copied into it; keep ` +
          `${this.#path}-wal beside it, which belongs to it`,
        cause,
      );
    }
  }
}

/** Whether the file refused the entry that follows the last one that was written. */
function isOutOfStep(cause: unknown): boolean {
  return cause instanceof Error && cause.message.includes("takes only the next sequence");
}

/**
 * Whether a reader keeps a part of the write-ahead log from being copied into the file. This
 * copies what can be copied, so the log must be whole.
 */
function isMixed(path: string, database: DatabaseSync): boolean {
  if (bytesOf(`${path}-wal`) < CHECKPOINT_BYTES) return false;
  const row = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
  return row?.["log"] !== row?.["checkpointed"];
}

/**
 * Closes a database, and changes no file. SQLite would copy the write-ahead log into the file and
 * delete whatever has its name, unless another connection reads.
 */
function closeAsItIs(path: string, database: DatabaseSync): void {
  const [log, hidden] = [`${path}-wal`, `${path}-wal.kept`];
  // A reader deletes the write-ahead log of an empty file.
  const isHidden = bytesOf(path) === 0 && bytesOf(log) > 0;
  if (isHidden) renameSync(log, hidden);
  let reader: DatabaseSync | undefined;
  try {
    reader = openSqlite(path, "read");
    reader.exec("BEGIN; SELECT 1 FROM sqlite_schema");
  } catch {
    // If the file is none of SQLite's any more, the reader has its lock all the same.
  }
  database.close();
  reader?.close();
  if (isHidden) renameSync(hidden, log);
}
