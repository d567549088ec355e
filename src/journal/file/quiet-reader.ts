import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileAccess } from "./connection.js";
import { FileIdentity, stateOf } from "./file-watch.js";
import { copyDatabase } from "./journal-file.js";
import { journalFailed, openSqlite, readAccess } from "./sqlite.js";

/** How often the file of a reader is opened anew for one reading. */
const MAX_REOPENED = 20;

const SCHEMA_OF = "SELECT type, name, tbl_name, sql FROM sqlite_schema";

/**
 * The database of a reader. What was read without sharing is right only if no writer came
 * meanwhile. If one came, the file is opened anew beneath all statements, and it is read again: as
 * a shared file, while the writer is there.
 */
export class QuietReader implements FileAccess {
  readonly readOnly = true;
  /** Stays the same when the file is opened anew. So do its statements. */
  readonly database: DatabaseSync;
  readonly #path: string;
  readonly #identity: FileIdentity;
  readonly #schema: string;
  #seen: string | undefined;
  #current: DatabaseSync;

  /** Opens a file. Throws what SQLite throws. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = new FileIdentity(path);
    this.#current = this.#open();
    this.#schema = schemaOf(this.#current);
    this.database = following(() => this.#current);
  }

  /** Whether the path still leads to the file that was opened. */
  get isKept(): boolean {
    return this.#identity.isKept;
  }

  /** Runs `work`, which reads, until no writer came meanwhile. Throws what `work` throws. */
  read<T>(work: () => T): T {
    for (let left = MAX_REOPENED; ; left--) {
      try {
        const result = work();
        if (this.#isValid) return result;
      } catch (error) {
        if (this.#isValid) throw error;
      }
      this.#reopen(left);
    }
  }

  /** Copies until no writer came meanwhile. It takes a while, and needs the connection itself. */
  async copyTo(path: string): Promise<void> {
    for (let left = MAX_REOPENED; ; left--) {
      const database = this.#current;
      const isValid = (): boolean => database === this.#current && this.#isValid;
      try {
        await copyDatabase(database, path);
        if (isValid()) return;
      } catch (error) {
        if (isValid()) throw error;
      }
      if (database === this.#current) this.#reopen(left);
    }
  }

  write(): never {
    throw journalFailed(
      `${this.#path} was opened with readOnly: true; open it without, to write to it`,
    );
  }

  commit(): never {
    this.write();
  }

  close(): void {
    this.#current.close();
  }

  abandon(): void {
    this.close();
  }

  get #isValid(): boolean {
    return this.#seen === undefined || this.#seen === stateOf(this.#path);
  }

  #reopen(left: number): void {
    if (!this.isKept)
      throw journalFailed(
        `${this.#path} was deleted, moved or replaced while it was read; open it anew`,
      );
    if (left === 0)
      throw journalFailed(`${this.#path} is opened and closed all the time; read it again later`);
    const last = this.#current;
    this.#current = this.#open();
    last.close();
    if (schemaOf(this.#current) !== this.#schema)
      throw journalFailed(`the schema of ${this.#path} was changed; open it anew`);
  }

  #open(): DatabaseSync {
    const seen = stateOf(this.#path); // before it is opened
    const access = readAccess(this.#path);
    const database = openSqlite(this.#path, access);
    this.#seen = access === "immutable" ? seen : undefined;
    return database;
  }
}

function schemaOf(database: DatabaseSync): string {
  try {
    return JSON.stringify(database.prepare(SCHEMA_OF).all());
  } catch {
    return ""; // whoever reads it then gets the error
  }
}

/** A database that stands for another one, which may change. */
function following(current: () => DatabaseSync): DatabaseSync {
  return new Proxy({} as DatabaseSync, {
    get: (_, name) =>
      name === "prepare" ? (sql: string) => prepared(sql, current) : memberOf(current(), name),
  });
}

/** A statement that is prepared anew when the database is another one. */
function prepared(sql: string, current: () => DatabaseSync): StatementSync {
  const settings: ((statement: StatementSync) => void)[] = [];
  let database = current();
  let statement = database.prepare(sql);
  const now = (): StatementSync => {
    if (database === current()) return statement;
    database = current();
    statement = database.prepare(sql);
    for (const set of settings) set(statement);
    return statement;
  };
  return new Proxy({} as StatementSync, {
    get(_, name) {
      const member = memberOf(now(), name); // Node 22.15 lacks some
      if (name === "all") return allOf(member as StatementSync["all"]);
      if (member === undefined || !String(name).startsWith("set")) return member;
      return (...values: unknown[]) => {
        const set = (to: StatementSync): void =>
          void Reflect.apply(memberOf(to, name) as () => void, to, values);
        set(now());
        settings.push(set);
      };
    },
  });
}

/** Node 24 gives undefined, and no error, where a text is too long for a string. */
function allOf(all: StatementSync["all"]): StatementSync["all"] {
  return (...values: never[]) => {
    const rows: ReturnType<StatementSync["all"]> | undefined = all(...values);
    if (rows === undefined) throw new RangeError("a text in it is too long to be read");
    return rows;
  };
}

function memberOf(object: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(object, name);
  return typeof member === "function" ? member.bind(object) : member;
}
