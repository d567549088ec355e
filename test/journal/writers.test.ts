import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import { Journal } from "../../src/journal/index.js";
import { childWith, killedWhileAppending } from "../fixtures/child.js";
import {
  append,
  codeOf,
  newPath,
  openJournal,
  rowOf,
  temporaryFolder,
  thrownBy,
} from "../fixtures/journal.js";

describe("a journal that another process writes", () => {
  test("is refused for writing, with the name of who has it, and free for reading", async () => {
    const path = newPath();
    const child = await childWith(path, [rowOf(0), rowOf(1)]);
    expect(child.said).toMatchObject({ length: 2 });
    const error = thrownBy(() => Journal.open(path));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain(`process ${child.said["pid"]} on ${hostname()}, since 20`);
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
    const rows = Array.from({ length: 3000 }, (_, sequence) => rowOf(sequence));
    let length = 0;
    for (const count of [1, 7, 60, 333]) {
      const acknowledged = await killedWhileAppending(path, rows.slice(length), count);
      const journal = openJournal(path);
      expect(acknowledged).toBeGreaterThanOrEqual(count);
      expect(journal.length).toBeGreaterThanOrEqual(length + acknowledged);
      ({ length } = journal);
      expect([...journal.lines()]).toEqual(rows.slice(0, length).map(({ line }) => line));
      journal.close();
    }
  });

  test("shows a reader what is appended while it reads", async () => {
    const path = newPath();
    const journal = openJournal(path);
    const reader = openJournal(path, { readOnly: true });
    expect([reader.length, reader.lastTime]).toEqual([0, [0, 0]]);
    const [, row] = append(journal, 2);
    expect([reader.length, reader.lastTime]).toEqual([2, row?.time]);
    expect(reader.entries()).toHaveLength(2);
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

describe("a journal that is only read", () => {
  test("changes nothing and makes no files", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    journal.close();
    rmSync(`${path}.lock`);
    const reader = openJournal(path, { readOnly: true });
    expect(reader.entries()).toHaveLength(2);
    for (const call of [
      () => append(reader, 1),
      () => reader.outbox("otlp"),
      () => reader.prune({ olderThan: new Date(0) }),
      () => reader.resend("otlp"),
      () => reader.forgetMirror("otlp"),
    ])
      expect(codeOf(call)).toBe("journal_failed");
    reader.close();
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith(".lock"))).toEqual([]);
    expect(codeOf(() => reader.length)).toBe("closed");
  });

  test.each([
    ["no write-ahead log", false],
    ["the empty one that a close beside a reader leaves", true],
  ])("can lie in a folder that cannot be written, with %s", async (_, empty) => {
    const folder = temporaryFolder();
    const path = join(folder, "governance.db");
    const journal = openJournal(path);
    append(journal, 2);
    journal.close();
    rmSync(`${path}.lock`);
    if (empty) writeFileSync(`${path}-wal`, "");
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    // a superuser may write anywhere, so the reader is somebody else then
    const child = await childWith(path, [], {
      mode: "read",
      ...(process.getuid?.() === 0 && { user: 65534 }),
    });
    expect(child.said).toMatchObject({ length: 2, entries: 2 });
    const writer = await childWith(path, [], process.getuid?.() === 0 ? { user: 65534 } : {});
    expect(writer.said).toMatchObject({ code: "journal_failed" });
    chmodSync(folder, 0o755);
    expect(readdirSync(folder)).toEqual(
      empty ? ["governance.db", "governance.db-wal"] : ["governance.db"],
    );
  });
});

/** A journal with a hand on the connection that it writes through, to limit the pages that the file may have. */
function pageLimit(path: string): {
  readonly journal: Journal;
  readonly pages: (count: number) => void;
} {
  const exec = vi.spyOn(DatabaseSync.prototype, "exec");
  const journal = openJournal(path);
  const database = exec.mock.contexts.at(-1) as DatabaseSync;
  exec.mockRestore();
  return { journal, pages: (count) => database.exec(`PRAGMA max_page_count = ${count}`) };
}

describe("appending to a journal", () => {
  test("fails while the disk is full, leaves no trace, and goes on afterwards", async () => {
    const path = newPath();
    const limit = pageLimit(path);
    const { journal } = limit;
    append(journal, 2);
    // the limit of pages stands for a full disk: SQLite reports both as SQLITE_FULL
    limit.pages(1);
    const huge = { details: { text: "x".repeat(60_000) } };
    const error = thrownBy(() => {
      for (;;) append(journal, 1, () => huge);
    });
    expect(error.code).toBe("journal_failed");
    expect(String((error.cause as Error).message)).toContain("full");
    const { length } = journal;
    expect(journal.entries({ limit: 1000 })).toHaveLength(length);
    limit.pages(1_000_000);
    append(journal, 1, () => huge);
    expect(journal.length).toBe(length + 1);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(length + 1);
  });

  test("fails once the file was deleted, and says so", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    rmSync(path);
    const error = thrownBy(() => append(journal, 1));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain("deleted, moved or replaced");
    expect(journal.length).toBe(2);
  });

  test("goes on once a file that was moved away is back", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    renameSync(path, `${path}.away`);
    expect(codeOf(() => append(journal, 1))).toBe("journal_failed");
    renameSync(`${path}.away`, path);
    append(journal, 1);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(3);
  });

  test("fails once another file took its place", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    copyFileSync(path, `${path}.copy`);
    rmSync(path);
    copyFileSync(`${path}.copy`, path);
    expect(codeOf(() => append(journal, 1))).toBe("journal_failed");
  });

  test("takes the next sequence alone", () => {
    const journal = openJournal(newPath());
    append(journal, 2);
    for (const sequence of [1, 3])
      expect(codeOf(() => journal.append(rowOf(sequence)))).toBe("journal_failed");
    expect(journal.length).toBe(2);
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
