import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { SecondReader } from "../../../src/journal/file/second-reader.js";
import { openJournal as openFile } from "../../../src/journal/opening.js";
import { resolveJournalOptions } from "../../../src/journal/options.js";
import { append, newPath, openJournal } from "../../fixtures/journal.js";

const COUNT = "SELECT count(*) AS n FROM entry";
const NAME = { read: nameIn, input: "log_id" };
const THREAD = 0; // bytes: every file is large

function nameIn(database: DatabaseSync, column: string) {
  return database.prepare(`SELECT ${column} AS name FROM log`).get()?.["name"];
}

function filled(entries: number): string {
  const path = newPath();
  const journal = openJournal(path);
  append(journal, entries);
  journal.close();
  return path;
}
const reading = (path: string) => openFile(path, resolveJournalOptions({ readOnly: true }));

test("a thread answers what the connection itself answers, and leaves no file behind", async () => {
  const path = filled(3);
  const before = readdirSync(dirname(path));
  const file = reading(path);
  const read = vi.spyOn(file, "read");
  for (const [largeBytes, asked] of [
    [THREAD, 0],
    [Number.POSITIVE_INFINITY, 3],
  ] as const) {
    const second = new SecondReader(file, [COUNT, "SELECT log_id FROM log"], NAME, largeBytes);
    expect(await second.rows(COUNT)).toMatchObject([{ n: 3 }]);
    expect(await second.rows("SELECT log_id FROM log")).toMatchObject([{ log_id: file.logId }]);
    expect(await second.answer()).toBe(file.logId);
    expect(read).toHaveBeenCalledTimes(asked);
    second.end();
  }
  file.abandon();
  expect(readdirSync(dirname(path))).toEqual(before);
});

test("a query that fails keeps no other from being answered, and says why", async () => {
  const file = reading(filled(2));
  const second = new SecondReader(file, ["SELECT nothing FROM entry", COUNT], NAME, THREAD);
  expect(await second.rows(COUNT)).toMatchObject([{ n: 2 }]);
  await expect(second.rows("SELECT nothing FROM entry")).rejects.toMatchObject({
    code: "journal_failed",
  });
  file.abandon();
});

test("a thread reads beside the writer in its own process", async () => {
  const file = openFile(newPath(), resolveJournalOptions({}));
  const read = vi.spyOn(file, "read");
  const second = new SecondReader(file, [COUNT], NAME, THREAD);
  expect(await second.rows(COUNT)).toMatchObject([{ n: 0 }]);
  expect(read).not.toHaveBeenCalled();
  file.close(() => {});
});

test("entries that a writer adds meanwhile are seen", async () => {
  const path = filled(2);
  const file = reading(path);
  const second = new SecondReader(file, [COUNT], NAME, THREAD);
  const journal = openJournal(path);
  append(journal, 5);
  expect(await second.rows(COUNT)).toMatchObject([{ n: 7 }]);
  file.abandon();
});

test("a thread that is ended does not keep its caller waiting", async () => {
  const file = reading(filled(1));
  const second = new SecondReader(file, [COUNT], NAME, THREAD);
  second.end();
  expect(await second.rows(COUNT)).toMatchObject([{ n: 1 }]);
  file.abandon();
});

test("code that a build tool made use other names runs in the caller's thread", async () => {
  const file = reading(filled(1));
  const read = vi.spyOn(file, "read");
  const outside = () => "read";
  const second = new SecondReader(file, [COUNT], { read: () => outside(), input: null }, THREAD);
  expect(await second.answer()).toBe("read");
  expect(await second.rows(COUNT)).toMatchObject([{ n: 1 }]);
  expect(read).toHaveBeenCalledTimes(1);
  file.abandon();
});
