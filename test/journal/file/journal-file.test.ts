import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { Journal } from "../../../src/journal/index.js";
import { append, newPath, openJournal, thrownBy } from "../../fixtures/journal.js";

describe("a backup of a journal", () => {
  test("is a whole journal, though entries are appended while it is made", async () => {
    const path = newPath();
    const journal = openJournal(path);
    journal.outbox("otlp");
    append(journal, 2000, () => ({ details: { text: "x".repeat(1000) } }));
    const copy = join(dirname(path), "copy.db");
    const done = journal.backup(copy);
    append(journal, 200);
    await done;
    append(journal, 10);
    const backup = openJournal(copy);
    expect(backup.length).toBeGreaterThanOrEqual(2000);
    expect([...backup.lines()]).toEqual([...journal.lines()].slice(0, backup.length));
    expect(backup.outbox("otlp").size).toBe(backup.length);
    append(backup, 1);
    expect(existsSync(`${copy}.partial`)).toBe(false);
  });

  test("overwrites nothing", async () => {
    const path = newPath();
    const journal = openJournal(path);
    const taken = join(dirname(path), "taken");
    writeFileSync(taken, "");
    await expect(journal.backup(taken)).rejects.toMatchObject({ code: "journal_failed" });
    await expect(journal.backup(path)).rejects.toMatchObject({ code: "journal_failed" });
    await expect(journal.backup(join(path, "below"))).rejects.toMatchObject({
      code: "journal_failed",
    });
    await expect(journal.backup("")).rejects.toMatchObject({ code: "invalid_options" });
  });
});

describe("a journal whose file is gone", () => {
  test("is not begun anew beside the write-ahead log that was left behind", () => {
    const path = newPath();
    writeFileSync(`${path}-wal`, "frames of the journal that is gone");
    const error = thrownBy(() => Journal.open(path));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain("-wal");
    expect(existsSync(path)).toBe(false);
  });
});
