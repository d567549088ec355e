import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FileWatch } from "../../../src/journal/file/file-watch.js";
import {
  CHECKPOINT_BYTES,
  CHECKPOINT_PAGES,
  MAX_WAL_BYTES,
  WriteAheadLog,
} from "../../../src/journal/file/write-ahead-log.js";
import { Journal } from "../../../src/journal/index.js";
import { afterThisTest } from "../../fixtures/cleanup.js";
import { append, newPath, withConnection } from "../../fixtures/journal.js";
import { until } from "../../fixtures/until.js";

const LIMITS = { maxBytes: 100_000, warnBytes: 300_000, lookMillis: 5 };

/** A database whose write-ahead log is watched, and a shell that stands in a SELECT of it. */
function watched() {
  const path = newPath();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE entry (line); BEGIN");
  const insert = database.prepare("INSERT INTO entry VALUES (zeroblob(3000))");
  for (let row = 0; row < 10; row++) insert.run();
  database.exec("COMMIT");
  const log = new WriteAheadLog(path, database, () => true, LIMITS);
  const shell = new DatabaseSync(path, { readOnly: true });
  const rows = shell.prepare("SELECT line FROM entry").iterate();
  rows.next();
  afterThisTest(() => {
    log.close();
    database.close();
  });
  const append = (): void => {
    insert.run();
    log.onWrite();
  };
  return { append, end: () => shell.close(), bytes: () => statSync(`${path}-wal`).size, log };
}

describe("a long reader", () => {
  test("makes -wal grow: a warning says so once, and -wal is cut when the reader has gone", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    afterThisTest(() => warn.mockRestore());
    const { append, end, bytes } = watched();
    while (bytes() <= LIMITS.warnBytes) append();
    await until(() => {
      append();
      return warn.mock.calls.length > 0;
    });
    expect(String(warn.mock.calls[0]?.[0])).toMatch(/-wal has \d+ MB, and grows with each entry/);
    for (let round = 0; round < 5; round++) append();
    expect(bytes()).toBeGreaterThan(LIMITS.warnBytes);
    end();
    await until(() => bytes() <= LIMITS.maxBytes); // nothing is appended meanwhile
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test("is waited for by nothing that keeps the process alive, or that goes on after the end", async () => {
    const { append, end, bytes, log } = watched();
    while (bytes() <= LIMITS.maxBytes) append();
    const cleared = vi.spyOn(globalThis, "clearInterval");
    afterThisTest(() => cleared.mockRestore());
    await new Promise((resolve) => setTimeout(resolve, LIMITS.lookMillis));
    append();
    log.close();
    const [timer] = cleared.mock.calls[0] ?? [];
    expect((timer as NodeJS.Timeout).hasRef()).toBe(false);
    end();
  });
});

test.each([
  [true, undefined],
  [false, ""],
])(
  "a file that holds old pages beside new ones (%s) is not taken for an overwritten one",
  (isMixed, suffix) => {
    const path = newPath();
    const journal = Journal.open(path);
    append(journal, 2);
    const watch = new FileWatch(path, () => isMixed);
    writeFileSync(`${path}.other`, readFileSync(path).fill(7, 0, 200));
    copyFileSync(`${path}.other`, path);
    expect(watch.look()?.suffix).toBe(suffix);
    expect(() => journal.close()).toThrow();
  },
);

test("a journal has SQLite cut its write-ahead log, which it copies itself", () => {
  const { database } = withConnection(newPath());
  const pragma = (name: string) =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  expect(pragma("journal_size_limit")).toBe(MAX_WAL_BYTES);
  expect(pragma("wal_autocheckpoint")).toBe(0);
  expect(CHECKPOINT_BYTES).toBeLessThan(MAX_WAL_BYTES);
});

describe("a write-ahead log", () => {
  /** A database that copies nothing by itself, and its log. */
  function uncopied() {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 5",
    );
    database.exec("CREATE TABLE entry (line)");
    const log = new WriteAheadLog(path, database, () => true);
    afterThisTest(() => database.close());
    const write = (pages: number): boolean => {
      database.exec("BEGIN");
      for (let page = 0; page < pages; page++)
        database.exec("INSERT INTO entry VALUES (zeroblob(3000))");
      database.exec("COMMIT");
      return log.onWrite();
    };
    return { path, database, log, write };
  }

  /** Changes one bit of a file. */
  function flip(path: string, position: number): void {
    const file = openSync(path, "r+");
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, position);
    writeSync(file, Buffer.from([byte.readUInt8() ^ 0x40]), 0, 1, position);
    closeSync(file);
  }

  test("is copied into the file when it is long, and written anew", () => {
    const { path, write } = uncopied();
    write(CHECKPOINT_PAGES);
    for (let more = 0; more < 20; more++) expect(write(1)).toBe(true);
    expect(statSync(path).size).toBeGreaterThan(CHECKPOINT_BYTES);
    const { size } = statSync(`${path}-wal`);
    for (let more = 0; more < 20; more++) expect(write(1)).toBe(true);
    expect(statSync(`${path}-wal`).size).toBe(size);
  });

  test("is not copied into the file if a page of it was overwritten a moment ago", () => {
    const { path, write } = uncopied();
    write(CHECKPOINT_PAGES - 100);
    const { size } = statSync(path);
    flip(`${path}-wal`, 32 + 4120 * 500 + 1000);
    expect([write(200), ...Array.from({ length: 20 }, () => write(1))]).toContain(false);
    expect(statSync(path).size).toBe(size);
  });

  test("of which any byte was changed is not whole", () => {
    const { path, log, write } = uncopied();
    write(10);
    write(10);
    const { size } = statSync(`${path}-wal`);
    fc.assert(
      fc.property(fc.nat(size - 1), (position) => {
        flip(`${path}-wal`, position);
        expect(log.isWhole).toBe(false);
        flip(`${path}-wal`, position);
        expect(log.isWhole).toBe(true);
      }),
    );
  });

  test("is whole after a write that was undone when it was partly in the log", () => {
    const { path, database, log, write } = uncopied();
    write(1);
    database.exec("BEGIN");
    for (let page = 0; page < 50; page++)
      database.exec("INSERT INTO entry VALUES (zeroblob(3000))");
    const { size } = statSync(`${path}-wal`);
    expect(size).toBeGreaterThan(32 + 4120 * 20);
    database.exec("ROLLBACK");
    expect(log.isWhole).toBe(true);
    write(1);
    expect(log.isWhole).toBe(true);
    expect(statSync(`${path}-wal`).size).toBe(size);
  });
});
