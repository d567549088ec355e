import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import type { Connection } from "./connection.js";
import { stateOf } from "./file-watch.js";
import { bytesOf, CONNECTION_SETUP, type Rows, readAccess, urlOf } from "./sqlite.js";

/** In smaller files, the answers take less time than a thread takes to start (measured). */
const LARGE_BYTES = 16 * 1024 * 1024;

/** To check an index, SQLite looks up each row in it, anywhere in the file. */
const CACHE_KIB = 65_536;

/**
 * Reads with code, where SQL would take long.
 *
 * @typeParam Input - What a thread can be given.
 * @typeParam Answer - What a thread can give back.
 */
export interface Reading<Input, Answer> {
  /**
   * It goes to the thread as a text, so it uses only its parameters and what is global. Where a
   * build tool has made it use more, it fails there, and the caller's thread runs it.
   */
  readonly read: (database: DatabaseSync, input: Input, hashOf: typeof hash) => Answer;
  readonly input: Input;
}

/** What the thread answers. A part that failed is undefined. */
interface Answers<Answer> {
  readonly rows: readonly (Rows | undefined)[];
  readonly answer: Answer | undefined;
}

/**
 * What the thread runs. It is a text, so that it needs no file of its own: a bundler would not find
 * it.
 */
const threadOf = (read: (...input: never) => unknown): string => `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const { location, setup, queries, input } = workerData;
const database = new DatabaseSync(new URL(location), { readOnly: true });
database.exec(setup);
const attempt = (work) => {
  try {
    return work();
  } catch {}
};
const answer = attempt(() => (${read})(database, input, require("node:crypto").hash));
const rows = queries.map((query) => attempt(() => database.prepare(query).all()));
database.close();
parentPort.postMessage({ rows, answer });
`;

/**
 * Reads on a connection of its own, in a thread of its own, while the caller goes on reading. Where
 * no thread can be started (`node --permission`), and for a small file, all is read on the
 * connection of the caller, when the answers are fetched.
 */
export class SecondReader<Input, Answer> {
  readonly #file: Connection;
  readonly #queries: readonly string[];
  readonly #reading: Reading<Input, Answer>;
  /** The file before it was opened, if it is read without sharing. */
  readonly #seen: string | undefined;
  readonly #worker: Worker | undefined;
  readonly #answers: Promise<Answers<Answer>>;

  /**
   * Starts to read.
   *
   * @param queries - SQL without parameters.
   * @param largeBytes - How large a file must be for a thread.
   */
  constructor(
    file: Connection,
    queries: readonly string[],
    reading: Reading<Input, Answer>,
    largeBytes: number = LARGE_BYTES,
  ) {
    const { path, readOnly } = file;
    const access = readOnly ? readAccess(path) : "read";
    this.#file = file;
    this.#queries = queries;
    this.#reading = reading;
    this.#seen = access === "immutable" ? stateOf(path) : undefined;
    const setup = `${CONNECTION_SETUP}; PRAGMA cache_size = -${CACHE_KIB}`;
    const data = { location: urlOf(path, access).href, setup, queries, input: reading.input };
    this.#worker =
      bytesOf(path) < largeBytes ? undefined : startThread(threadOf(reading.read), data);
    this.#answers = answersOf(this.#worker);
  }

  /** The rows of one of the queries. Rejects with `closed`, `journal_failed`. */
  async rows(query: string): Promise<Rows> {
    const rows = (await this.#answers).rows[this.#queries.indexOf(query)];
    if (rows !== undefined && this.#isValid) return rows;
    return this.#file.read(() => this.#file.database.prepare(query).all());
  }

  /** What the code read. Rejects with `closed`, `journal_failed`. */
  async answer(): Promise<Answer> {
    const { answer } = await this.#answers;
    if (answer !== undefined && this.#isValid) return answer;
    const { read, input } = this.#reading;
    return this.#file.read(() => read(this.#file.database, input, hash));
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

function startThread(text: string, data: unknown): Worker | undefined {
  try {
    // Most processes never verify, so they do not load it.
    const { Worker: Thread } = process.getBuiltinModule("node:worker_threads");
    return new Thread(text, {
      eval: true,
      workerData: data,
      // What the app preloads into each thread (--import, NODE_OPTIONS) does not belong here.
      execArgv: ["--no-warnings"],
      env: {},
    });
  } catch {
    return undefined; // all is read without it
  }
}

/** No answers if the thread fails: the caller reads again, and then hears why. */
function answersOf<Answer>(worker: Worker | undefined): Promise<Answers<Answer>> {
  const none = { rows: [], answer: undefined };
  return new Promise((resolve) => {
    if (worker === undefined) return resolve(none);
    worker.once("message", resolve);
    worker.once("error", () => resolve(none));
    worker.once("exit", () => resolve(none));
  });
}
