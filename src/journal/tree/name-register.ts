import { accessSync, constants } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { fileNameOf } from "../../entry/log-id.js";
import { AuditError, invalidOption } from "../../errors.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import type { SigningKey } from "../../integrity/keys/signing-key.js";
import { realPathOf } from "../file/journal-file.js";
import { inTransaction, journalFailed, openSqlite, statOf } from "../file/sqlite.js";

/** What a register compares of a journal. Hashes are hexadecimal. */
export interface History {
  /** The file of the journal, absolute. */
  readonly path: string;
  readonly logId: string;
  /** The leaf hash of its first entry, which has a random id; undefined if there is none. */
  firstLeaf(): string | undefined;
  /** The root over its first `size` entries. Throws if it has fewer. */
  rootAt(size: number): string;
}

/** How much of a history is signed: the size and root hash of a checkpoint. */
export type Signed = Pick<Checkpoint, "size" | "rootHash">;

/** A row of a register: the journal that has a name, and how much of it is signed. */
interface Row extends Signed {
  readonly journal: string;
  readonly firstLeaf: string | undefined;
}

/**
 * The path of the register of a name in a folder. The file may hold several names, because the name
 * of a file does not tell all names apart.
 */
export function registerIn(folder: string, logId: string): string {
  return join(folder, `${fileNameOf(logId)}.signed`);
}

/**
 * The register beside a key that `quorumlog keygen` made. Undefined if there is none. It is never
 * made here: a key that was copied into a test signs many short-lived logs.
 */
export function registerBesideKey(folder: string, logId: string): string | undefined {
  const register = registerIn(folder, logId);
  return statOf(register) === undefined ? undefined : register;
}

/** The registers beside keys, each once. */
export function registersBeside(keys: readonly SigningKey[]): string[] {
  return [...new Set(keys.flatMap(({ register }) => register ?? []))];
}

/**
 * The files that say which history a name has signed: one beside the journal, and one beside each
 * key of `quorumlog keygen`. Processes on one machine see them, so that a second journal under a
 * name is refused before it signs anything: two histories under one name are a fork.
 *
 * A register is an SQLite file because writers must take turns and a crash must not break it.
 */
export class NameRegisters {
  readonly #files: readonly string[];

  /**
   * The registers of a journal.
   *
   * @param path - The file of the journal.
   * @param besideKeys - The registers of its keys. One that cannot be written is left out: the
   * folder of a key is often read-only, and then it tells no process of another.
   */
  constructor(path: string, logId: string, besideKeys: readonly string[]) {
    const beside = registerIn(dirname(path), logId);
    this.#files = [...new Set([beside, ...besideKeys.filter(isWritable)])];
  }

  /** Throws `invalid_options` if another journal than this has the name; `journal_failed`. */
  assertSame(history: History): void {
    for (const file of this.#files)
      if (statOf(file) !== undefined) inRegister(file, (table) => table.assertSame(history));
  }

  /**
   * Gives the name to a journal, before it records anything that will be signed.
   *
   * @param signed - Its newest checkpoint, if it has one.
   * @throws `AuditError` `invalid_options` when the name is that of another journal;
   * `journal_failed`.
   */
  claim(history: History, signed: Signed | undefined): void {
    this.assertSame(history); // by all of them, before one of them is changed
    for (const file of this.#files)
      inRegister(file, (table) => {
        const row = table.assertSame(history);
        table.write(history, row !== undefined && row.size > 0 ? row : (signed ?? UNSIGNED));
      });
  }

  /**
   * Remembers what is about to be signed. A signature that then fails does no harm, since the
   * journal has the entries.
   *
   * @throws `AuditError` `invalid_options` when the name is that of another journal;
   * `verification_failed` when more of this history was signed than the journal has;
   * `journal_failed`.
   */
  remember(history: History, signed: Signed): void {
    for (const file of this.#files)
      inRegister(file, (table) => {
        const row = table.assertSame(history);
        if (row !== undefined && !continues(history, signed, row))
          throw new AuditError(
            "verification_failed",
            `${history.path} is not what its name has signed: a checkpoint of ${row.size} ` +
              "entries. An older copy was restored, or another copy went on. Nothing was signed. " +
              "Begin a new log under a new name. If nobody keeps that checkpoint, delete " +
              `${file}, and this journal may go on`,
          );
        table.write(history, signed);
      });
  }
}

/**
 * Refuses the path of a journal that is about to be made, if another journal has the name. Does
 * nothing if there is a file already.
 *
 * @throws `AuditError` `invalid_options`, `journal_failed`.
 */
export function assertNameIsFree(
  journal: string,
  logId: string,
  keys: () => readonly SigningKey[],
): void {
  const path = realPathOf(journal);
  if (statOf(path) !== undefined) return;
  const empty: History = { path, logId, firstLeaf: () => undefined, rootAt: () => "" };
  new NameRegisters(path, logId, registersBeside(keys())).assertSame(empty);
}

const UNSIGNED: Signed = { size: 0, rootHash: "" };

function continues(history: History, { size }: Signed, row: Row): boolean {
  return row.size === 0 || (row.size <= size && history.rootAt(row.size) === row.rootHash);
}

/** The one table of a register, in a transaction that writes. */
class NameTable {
  readonly #file: string;
  readonly #database: DatabaseSync;

  constructor(file: string, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
    database.exec(
      `CREATE TABLE IF NOT EXISTS name (
         log_id TEXT PRIMARY KEY,
         journal TEXT NOT NULL,
         first_leaf TEXT,
         size INTEGER NOT NULL,
         root_hash TEXT NOT NULL
       ) STRICT`,
    );
  }

  /** The row of the name, if the history has it. Throws `invalid_options` if another one has. */
  assertSame(history: History): Row | undefined {
    const row = this.#row(history.logId);
    if (row === undefined) return undefined;
    if (row.size > 0) {
      if (row.firstLeaf === history.firstLeaf()) return row;
      throw this.#taken(history, `has signed ${row.size} entries of the journal ${row.journal}`);
    }
    // nothing was signed, so the name is free again if its journal is gone
    if (row.journal === history.path || statOf(row.journal) === undefined) return row;
    throw this.#taken(history, `belongs to the journal ${row.journal}`);
  }

  write({ path, logId, firstLeaf }: History, { size, rootHash }: Signed): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO name VALUES (?, ?, ?, ?, ?)")
      .run(logId, path, firstLeaf() ?? null, size, rootHash);
  }

  #row(logId: string): Row | undefined {
    const row = this.#database.prepare("SELECT * FROM name WHERE log_id = ?").get(logId);
    if (row === undefined) return undefined;
    const { first_leaf: firstLeaf, journal, size, root_hash: rootHash } = row;
    return {
      journal: String(journal),
      firstLeaf: firstLeaf === null ? undefined : String(firstLeaf),
      size: Number(size),
      rootHash: String(rootHash),
    };
  }

  #taken({ path, logId }: History, what: string): AuditError {
    return invalidOption(
      "signer",
      `the name "${logId}" ${what}, and ${path} is another journal. One name must never sign two ` +
        "journals: give each process its own log id, key and journal. If the other journal is " +
        `gone for good and nobody keeps a checkpoint of it, delete ${this.#file}`,
    );
  }
}

function inRegister<T>(file: string, work: (table: NameTable) => T): T {
  let database: DatabaseSync | undefined;
  try {
    const opened = openSqlite(file, "write");
    database = opened;
    return inTransaction(opened, () => work(new NameTable(file, opened)));
  } catch (cause) {
    if (cause instanceof AuditError) throw cause;
    throw journalFailed(`${file} cannot be read or written, and says who may sign`, cause);
  } finally {
    database?.close();
  }
}

function isWritable(file: string): boolean {
  try {
    for (const path of [file, dirname(file)]) accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
