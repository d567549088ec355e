import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "../../../src/journal/file/schema.js";
import { Journal } from "../../../src/journal/index.js";
import { append, newPath, openJournal, temporaryFolder, thrownBy } from "../../fixtures/journal.js";

function filled(entries = 200): string {
  const path = newPath();
  const journal = openJournal(path);
  append(journal, entries, (sequence) => ({ details: { text: `entry ${sequence} `.repeat(40) } }));
  journal.close();
  return path;
}

/** Opening it must fail, for reading too, and change no byte of it. */
function expectRefusal(path: string, message: RegExp): void {
  const before = readFileSync(path);
  for (const readOnly of [false, true]) {
    const error = thrownBy(() => openJournal(path, { readOnly }).entries());
    expect(error.code).toBe("journal_failed");
    expect(error.message).toMatch(message);
  }
  expect(readFileSync(path).equals(before)).toBe(true);
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

describe("opening a journal refuses", () => {
  test("a file that is no database", () => {
    const path = newPath();
    writeFileSync(path, "the minutes of our last meeting\n".repeat(100));
    expectRefusal(path, /is damaged, or is not a journal .*; nothing was changed/);
  });

  test("an empty file", () => {
    const path = newPath();
    writeFileSync(path, "");
    expectRefusal(path, /the file is empty/);
  });

  test("the database of another program", () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE entry (sequence INTEGER)");
    database.close();
    expectRefusal(path, /the database of another program/);
  });

  test("a journal of a newer schema", () => {
    const path = filled(1);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    expectRefusal(path, /schema version 999.*Update Quorumlog/);
  });

  test("a journal that was cut off", () => {
    const path = filled();
    truncateSync(path, 5 * 4096);
    expectRefusal(path, /is damaged, or is not a journal .*; nothing was changed/);
  });

  test("a journal with a torn page", () => {
    const path = filled();
    overwrite(path, 40 * 4096, new Uint8Array(2048).fill(0xa5));
    expectRefusal(path, /damaged|altered/);
  });

  test("a journal whose texts are not UTF-8, so that the view would misread each line", () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA encoding = 'UTF-16le'; ${SCHEMA}
      INSERT INTO log VALUES (0, 'l', '2026-04-14T12:00:00.000Z');
      PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.close();
    expectRefusal(path, /its texts are UTF-16le, and not UTF-8/);
  });

  test.each(["-wal", "-shm", "-journal", ".lock"])(
    "what is not a file, such as a named pipe, in the place of its %s",
    (suffix) => {
      const path = filled(1);
      rmSync(path + suffix, { force: true });
      mkdirSync(path + suffix);
      const error = thrownBy(() => openJournal(path, { readOnly: suffix !== ".lock" }));
      expect(error.message).toMatch(/(-wal|-shm|-journal|\.lock) is not a file/);
    },
  );

  test("a rollback journal beside it, which SQLite would write into the file", () => {
    const path = filled();
    const other = `${path}.other`;
    cpSync(path, other);
    const database = new DatabaseSync(other);
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; DROP VIEW audit");
    database.exec("CREATE TABLE spilled (text)");
    const insert = database.prepare("INSERT INTO spilled VALUES (?)");
    for (let row = 0; row < 100; row++) insert.run("x".repeat(2000));
    cpSync(`${other}-journal`, `${path}-journal`);
    database.exec("ROLLBACK");
    database.close();
    expectRefusal(path, /-journal is beside the file\. Another program was interrupted/);
  });

  test("a journal that lost a table", () => {
    const path = filled(1);
    const database = new DatabaseSync(path);
    database.exec("DROP TABLE pruned_leaf");
    database.close();
    expectRefusal(path, /it has no table pruned_leaf/);
  });

  test("to write to a journal that lost a trigger, which can be read still", () => {
    const path = filled(1);
    const database = new DatabaseSync(path);
    database.exec("DROP TRIGGER entry_update");
    database.close();
    expect(thrownBy(() => Journal.open(path))).toMatchObject({
      code: "journal_failed",
      message: expect.stringContaining("it has no trigger entry_update"),
    });
    expect(openJournal(path, { readOnly: true }).entries()).toHaveLength(1);
  });

  test("a copy of which the write-ahead log was left behind, when it had all of it", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 3);
    const copy = join(temporaryFolder(), "copy.db");
    cpSync(path, copy);
    // what was in the write-ahead log alone is not there; the copy is an older state, never a torn
    // one
    expect(openJournal(copy, { readOnly: true }).length).toBeLessThan(3);
  });
});
