import type { Worker } from "node:worker_threads";
import type { Connection } from "./connection.js";
import { stateOf } from "./file-watch.js";
import { type Access, bytesOf, CONNECTION_SETUP, type Rows, readAccess, urlOf } from "./sqlite.js";

/** In smaller files, the answers take less time than a thread takes to start (measured). */
const LARGE_BYTES = 16 * 1024 * 1024;

/** To check an index, SQLite looks up each row in it, anywhere in the file. */
const CACHE_KIB = 65_536;

/**
 * What the thread runs. It is a text, so that it needs no file of its own: a bundler would not find
 * it.
 */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const { location, setup, queries } = workerData;
const database = new DatabaseSync(new URL(location), { readOnly: true });
database.exec(setup);
const answers = queries.map((query) => {
  try {
    return database.prepare(query).all();
  } catch {}
});
database.close();
parentPort.postMessage(answers);
`;

/**
 * Asks queries on a connection of its own, in a thread of its own, while the caller goes on
 * reading. Where no thread can be started (`node --permission`), and for a small file, the queries
 * are asked on the connection of the caller, when the answers are fetched.
 */
export class SecondReader {
  readonly #file: Connection;
  readonly #queries: readonly string[];
  /** The file before it was opened, if it is read without sharing. */
  readonly #seen: string | undefined;
  readonly #worker: Worker | undefined;
  readonly #answers: Promise<readonly (Rows | undefined)[]>;

  /**
   * Starts to read.
   *
   * @param queries - SQL without parameters.
   * @param largeBytes - How large a file must be for a thread.
   */
  constructor(file: Connection, queries: readonly string[], largeBytes: number = LARGE_BYTES) {
    const { path, readOnly } = file;
    const access = readOnly ? readAccess(path) : "read";
    this.#file = file;
    this.#queries = queries;
    this.#seen = access === "immutable" ? stateOf(path) : undefined;
    this.#worker = bytesOf(path) < largeBytes ? undefined : startThread(path, access, queries);
    this.#answers = answersOf(this.#worker);
  }

  /** The rows of one of the queries. Rejects with `closed`, `journal_failed`. */
  async rows(query: string): Promise<Rows> {
    const rows = (await this.#answers)[this.#queries.indexOf(query)];
    if (rows !== undefined && this.#isValid) return rows;
    return this.#file.read(() => this.#file.database.prepare(query).all());
  }

  /** Ends the thread, whose answers nobody wants any more. */
  end(): void {
    void this.#worker?.terminate();
  }

  /**
   * Whether the thread read what the caller reads. It opened the path anew, and that may lead to
   * another file now. What is read without sharing is right only if no writer came meanwhile.
   */
  get #isValid(): boolean {
    const { path, isKept } = this.#file;
    return isKept && (this.#seen === undefined || this.#seen === stateOf(path));
  }
}

function startThread(path: string, access: Access, queries: readonly string[]): Worker | undefined {
  const setup = `${CONNECTION_SETUP}; PRAGMA cache_size = -${CACHE_KIB}`;
  try {
    // Most processes never verify, so they do not load it.
    const { Worker: Thread } = process.getBuiltinModule("node:worker_threads");
    return new Thread(THREAD, {
      eval: true,
      workerData: { location: urlOf(path, access).href, setup, queries },
      // What the app preloads into each thread (--import, NODE_OPTIONS) does not belong here.
      execArgv: ["--no-warnings"],
      env: {},
    });
  } catch {
    return undefined; // the queries are asked without it
  }
}

/** No answers if the thread fails: the caller asks again, and then hears why. */
function answersOf(worker: Worker | undefined): Promise<readonly (Rows | undefined)[]> {
  return new Promise((resolve) => {
    if (worker === undefined) return resolve([]);
    worker.once("message", resolve);
    worker.once("error", () => resolve([]));
    worker.once("exit", () => resolve([]));
  });
}
