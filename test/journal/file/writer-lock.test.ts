import { chmodSync, chownSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { Journal, type JournalRow } from "../../../src/journal/index.js";
import { childWith, killedWhileAppending } from "../../fixtures/child.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  rowOf,
  thrownBy,
} from "../../fixtures/journal.js";
import { inLongRuns } from "../../fixtures/long-runs.js";
import { keys, NAME } from "../../fixtures/signed-log.js";

describe("a journal that another process writes", () => {
  test("is refused for writing, with the name of who has it, and free for reading", async () => {
    const path = newPath();
    const child = await childWith(path, [rowOf(0), rowOf(1)]);
    expect(child.said).toMatchObject({ length: 2 });
    const error = thrownBy(() => Journal.open(path));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain(`process ${child.said["pid"]} on ${hostname()}, since `);
    expect(error.message).toMatch(/since \d{4}-\d\d-\d\dT[\d:.]+Z, has /);
    const reader = openJournal(path, { readOnly: true });
    expect(reader.entries().map(({ sequence }) => sequence)).toEqual([1, 0]);
  });

  test("stays refused when that process has lost sight of it", async () => {
    const path = newPath();
    await childWith(path, [rowOf(0)], { mode: "collected" });
    expect(thrownBy(() => Journal.open(path)).message).toContain("has");
  });

  test("is free again once that process was killed, with all that it had appended", async () => {
    const path = newPath();
    const child = await childWith(path, [rowOf(0), rowOf(1), rowOf(2)]);
    await child.kill();
    const journal = openJournal(path);
    expect(journal.length).toBe(3);
    append(journal, 1);
    expect(journal.entries()).toHaveLength(4);
  });

  test("has every entry that was acknowledged, whenever that process is killed", async () => {
    const path = newPath();
    const rows: JournalRow[] = [];
    let length = 0;
    for (const count of [60, ...inLongRuns(1, 7, 333)]) {
      // more than the process is asked for, since it goes on until it is killed
      while (rows.length < length + 1000) rows.push(rowOf(rows.length));
      const acknowledged = await killedWhileAppending(path, rows.slice(length), count);
      const journal = openJournal(path);
      expect(acknowledged).toBeGreaterThanOrEqual(count);
      expect(journal.length).toBeGreaterThanOrEqual(length + acknowledged);
      ({ length } = journal);
      expect([...journal.lines()]).toEqual(rows.slice(0, length).map(({ line }) => line));
      journal.close();
    }
  });
});

describe("two journals of one file in one process", () => {
  test("cannot both write, and the second takes no lock away from the first", async () => {
    const path = newPath();
    openJournal(path);
    expect(thrownBy(() => Journal.open(path)).message).toContain(`process ${process.pid} on `);
    openJournal(path, { readOnly: true }).close();
    const child = await childWith(path);
    expect(child.said).toMatchObject({ code: "journal_failed" });
  });
});

describe("a lock file that this process may not write to", () => {
  /** A superuser may write to any file, so the process is somebody else then. */
  const user = process.getuid?.() === 0 ? { user: 65534 } : {};

  test("locks nothing, so the journal is refused, and the message says whose file it is", async () => {
    const path = newPath();
    writeFileSync(`${path}.lock`, "");
    chmodSync(`${path}.lock`, 0o444);
    if (user.user !== undefined) chownSync(dirname(path), user.user, user.user);
    const { said } = await childWith(path, [], user);
    expect(said).toMatchObject({ code: "journal_failed" });
    expect(said["message"]).toContain(`cannot lock ${path}.lock`);
    expect(said["message"]).toContain(`It belongs to user ${process.getuid?.()} (mode 0444)`);
  });
});

describe("a journal whose writer lost its lock", () => {
  test("when it copied the files: the second process has it, and the first one says so", async () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    readFileSync(`${path}.lock`); // closing that descriptor drops the lock of this process
    const child = await childWith(path, [rowOf(2)]);
    expect(child.said).toMatchObject({ length: 3 });
    for (const call of [() => journal.append(rowOf(2)), () => append(journal, 1)]) {
      const { code, message } = thrownBy(call);
      expect(code).toBe("journal_failed");
      expect(message).toContain(`process ${child.said["pid"]} on ${hostname()}, since `);
      expect(message).toContain(`has taken ${path} over; nothing was recorded`);
      expect(message).toContain("use Journal.backup");
    }
    expect(thrownBy(() => journal.close()).message).toContain("taken");
    expect(openJournal(path, { readOnly: true }).length).toBe(3);
  });

  /** What another process does first when it opens the journal. */
  function takeOver(path: string): void {
    const other = new DatabaseSync(path);
    other.exec("UPDATE owner SET pid = 1, host = 'other', since = '2026-04-14T12:00:00.000Z'");
    other.close();
  }

  test.each([
    ["an append", (journal: Journal) => append(journal, 1)],
    ["several entries", (journal: Journal) => journal.append(rowOf(3), rowOf(4))],
    ["a new mirror", (journal: Journal) => journal.outbox("new")],
    ["a mirror that is forgotten", (journal: Journal) => journal.forgetMirror("otlp")],
    [
      "a pruning",
      (journal: Journal) => pruneUnsealed(journal, { olderThan: new Date("2026-04-15") }),
    ],
  ])("refuses %s, though the other process has not written yet", (_, call) => {
    const path = newPath();
    const begun = openJournal(path);
    begun.outbox("otlp").settle(0);
    append(begun, 3);
    begun.close();
    const journal = prunable(path);
    takeOver(path);
    expect(thrownBy(() => call(journal)).message).toContain("process 1 on other, since 2026-04-14");
    const reader = openJournal(path, { readOnly: true });
    expect([reader.length, reader.count()]).toEqual([3, 3]);
    expect(Object.keys(reader.stats().mirrors)).toEqual(["otlp"]);
  });

  test("refuses a checkpoint, though the other process has not written yet", async () => {
    const path = newPath();
    const journal = openJournal(path, { logId: NAME });
    append(journal, 2);
    takeOver(path);
    await expect(journal.checkpoint({ keys })).rejects.toThrow("process 1 on other");
    expect(openJournal(path, { readOnly: true }).newestCheckpoint()).toBeUndefined();
  });
});
