import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import type { Journal } from "../../../src/journal/index.js";
import { afterThisTest } from "../../fixtures/cleanup.js";
import {
  append,
  newPath,
  openJournal,
  rowOf,
  thrownBy,
  withConnection,
} from "../../fixtures/journal.js";

/** Lets a second pass for whoever measures time with `performance.now`. */
function afterOneSecond(): void {
  const now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now + 1001);
  afterThisTest(() => clock.mockRestore());
}

/** The message of the error of an append, which must record nothing. */
function refusalOf(journal: Journal): string {
  const { length } = journal;
  const error = thrownBy(() => append(journal, 1));
  expect(error.code).toBe("journal_failed");
  expect(journal.length).toBe(length);
  return error.message;
}

/** How many entries the file of a journal has without the files beside it. */
function lengthAlone(path: string): number {
  const copy = newPath();
  copyFileSync(path, copy);
  return openJournal(copy, { readOnly: true }).length;
}

describe.each(["-wal", "-shm", ".lock"])("a file beside an open journal, its %s,", (suffix) => {
  test("that is deleted or moved away makes the next call throw, until it is back", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    renameSync(path + suffix, `${path}.away`);
    expect(refusalOf(journal)).toContain(`${path}${suffix} was deleted, moved or replaced`);
    renameSync(`${path}.away`, path + suffix);
    append(journal, 1);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(3);
  });

  test("that is deleted after a quiet while makes the next call throw", () => {
    const path = newPath();
    const journal = openJournal(path);
    utimesSync(dirname(path), 0, 0); // nothing in the folder has changed for long
    afterOneSecond();
    append(journal, 2);
    rmSync(path + suffix);
    expect(refusalOf(journal)).toContain(`${path}${suffix} was deleted, moved or replaced`);
  });

  test("that is replaced makes a call throw a second later, and is left as it is", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    copyFileSync(path + suffix, `${path}.copy`);
    renameSync(`${path}.copy`, path + suffix);
    const before = readFileSync(path + suffix, "hex");
    afterOneSecond();
    expect(refusalOf(journal)).toContain(`${path}${suffix} was deleted, moved or replaced`);
    if (suffix === ".lock") return journal.close();
    expect(thrownBy(() => journal.close()).message).toContain(suffix);
    expect(readFileSync(path + suffix, "hex")).toBe(before);
  });
});

describe("a write-ahead log that is deleted under a running app", () => {
  test("loses nothing that was acknowledged, even if the app is then killed", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 50);
    rmSync(`${path}-wal`);
    expect(lengthAlone(path)).toBeLessThan(50);
    expect(refusalOf(journal)).toContain(`was copied into ${path}`);
    expect(lengthAlone(path)).toBe(50);
    journal.close();
    const again = openJournal(path);
    append(again, 1);
    expect([...again.lines()]).toHaveLength(51);
  });

  test("during a commit loses nothing either", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    const { run } = StatementSync.prototype;
    const spy = vi.spyOn(StatementSync.prototype, "run").mockImplementationOnce(function (
      this: StatementSync,
      ...values
    ) {
      rmSync(`${path}-wal`);
      return Reflect.apply(run, this, values);
    });
    journal.append(rowOf(2));
    spy.mockRestore();
    expect(lengthAlone(path)).toBe(3);
    expect(refusalOf(journal)).toContain("-wal was deleted");
  });

  test("before the journal is closed loses nothing either", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 3);
    rmSync(`${path}-wal`);
    journal.close();
    expect(lengthAlone(path)).toBe(3);
  });
});

describe("a write-ahead log that another program changes in its place", () => {
  const CHANGES: [string, (log: string, copy: string) => void][] = [
    ["cuts to nothing", (log) => truncateSync(log, 0)],
    ["cuts in the middle", (log) => truncateSync(log, 20_000)],
    ["overwrites with an older copy of it", (log, copy) => copyFileSync(copy, log)],
    ["overwrites with a text", (log) => writeFileSync(log, "minutes ".repeat(1000))],
    ["overwrites in a page that it has had for long", (log) => overwrite(log, 3, 24, 4096)],
    ["overwrites in its newest page", (log) => overwrite(log, frames(log) - 1, 2000, 8)],
    ["overwrites where an old page begins", (log) => overwrite(log, 3, 0, 24)],
  ];

  const frames = (log: string): number => Math.floor((statSync(log).size - 32) / 4120);

  /** Writes ones into a frame of a log, from a byte of the frame on. */
  function overwrite(log: string, frame: number, from: number, bytes: number): void {
    const file = openSync(log, "r+");
    writeSync(file, Buffer.alloc(bytes, 1), 0, bytes, 32 + 4120 * frame + from);
    closeSync(file);
  }

  /** A journal of 40 entries, and a copy that its log had at 20. */
  function liveWithLog() {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 20);
    copyFileSync(`${path}-wal`, `${path}.copy`);
    append(journal, 20);
    return { path, journal, log: `${path}-wal`, copy: `${path}.copy` };
  }

  test.each(CHANGES)(
    "which it %s, makes a call throw a second later, and all later ones",
    (_, change) => {
      const { journal, log, copy } = liveWithLog();
      change(log, copy);
      afterOneSecond();
      for (let call = 0; call < 2; call++)
        expect(refusalOf(journal)).toContain(`${log} was cut or overwritten by another program`);
      const there = readFileSync(log, "hex");
      expect(thrownBy(() => journal.close()).message).toContain("was cut or overwritten");
      expect(readFileSync(log, "hex")).toBe(there);
    },
  );

  test.each(CHANGES)(
    "which it %s, is not copied into the file when the journal is closed",
    (_, change) => {
      const { path, journal, log, copy } = liveWithLog();
      change(log, copy);
      const before = readFileSync(path, "hex");
      expect(thrownBy(() => journal.close()).message).toContain("was cut or overwritten");
      expect(readFileSync(path, "hex")).toBe(before);
    },
  );

  /** What a crash leaves of a journal of 40 entries. */
  function crashed() {
    const { path } = liveWithLog();
    const left = newPath();
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, left + suffix);
    return { path: left, log: `${left}-wal` };
  }

  test.each([
    ["a page", 24, 4096],
    ["where a page begins", 0, 24],
  ])("in %s, is refused by the next start, which could not read the rest", (_, from, bytes) => {
    const { path, log } = crashed();
    overwrite(log, 3, from, bytes);
    const before = [path, log].map((file) => readFileSync(file, "hex"));
    const error = thrownBy(() => openJournal(path));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toMatch(/-wal is damaged: \d+ writes behind the damage cannot be read/);
    expect([path, log].map((file) => readFileSync(file, "hex"))).toEqual(before);
    const shell = new DatabaseSync(path);
    shell.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    shell.close();
    expect(openJournal(path).length).toBeLessThan(40);
  });

  test("in its header, is refused by the next start, which could not read it", () => {
    const { path, log } = crashed();
    const file = openSync(log, "r+");
    writeSync(file, Buffer.alloc(32), 0, 32, 0);
    closeSync(file);
    expect(thrownBy(() => openJournal(path)).message).toContain("-wal is damaged");
  });

  test("is not confused with one whose last write a power failure left in parts", () => {
    const { path, log } = crashed();
    overwrite(log, frames(log) - 1, 24, 4096);
    const journal = openJournal(path);
    const { length } = journal;
    expect(length).toBe(39);
    afterOneSecond();
    append(journal, 1);
    append(journal, 1);
    journal.close();
    expect(openJournal(path).length).toBe(length + 2);
  });

  test("is not confused with one that a checkpoint of anybody empties", () => {
    const { path, journal } = liveWithLog();
    for (const mode of ["TRUNCATE", "RESTART", "FULL", "TRUNCATE"]) {
      const shell = new DatabaseSync(path);
      shell.exec(`PRAGMA wal_checkpoint(${mode})`);
      shell.close();
      append(journal, 3);
      afterOneSecond();
      append(journal, 3);
    }
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(64);
  });
});

describe("closing a journal", () => {
  test("says that its file was deleted", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    rmSync(path);
    expect(thrownBy(() => journal.close()).message).toContain("deleted, moved or replaced");
  });
});

describe("a live journal over which another file is copied", () => {
  /** A journal of 35 entries, the newest of which are in its write-ahead log, and a copy of 5. */
  function liveWithCopy(): {
    readonly path: string;
    readonly journal: Journal;
    readonly copy: string;
  } {
    const path = newPath();
    const first = openJournal(path);
    append(first, 5);
    first.close();
    const copy = `${path}.copy`;
    copyFileSync(path, copy);
    const { journal, database } = withConnection(path);
    append(journal, 20);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    append(journal, 10);
    return { path, journal, copy };
  }

  test.each([
    ["an older copy of it", (path: string, copy: string) => copyFileSync(copy, path)],
    [
      "another journal",
      (path: string) => {
        const other = newPath();
        const journal = openJournal(other);
        append(journal, 60);
        journal.close();
        copyFileSync(other, path);
      },
    ],
    ["a text", (path: string) => writeFileSync(path, "minutes ".repeat(30_000))],
    ["nothing", (path: string) => writeFileSync(path, "")],
  ])("%s, refuses the next commit, and all later ones", (_, overwrite) => {
    const { path, journal, copy } = liveWithCopy();
    overwrite(path, copy);
    const there = readFileSync(path, "hex");
    expect(refusalOf(journal)).toContain(`${path} was overwritten`);
    expect(refusalOf(journal)).toContain("was overwritten");
    expect(thrownBy(() => journal.close()).message).toContain("was overwritten");
    expect(readFileSync(path, "hex")).toBe(there);
    expect(existsSync(`${path}-wal`)).toBe(true); // it has the newest entries
  });

  test("is not confused with a checkpoint that another program makes", () => {
    const { path, journal } = liveWithCopy();
    const shell = new DatabaseSync(path);
    shell.exec("PRAGMA wal_checkpoint(FULL); ANALYZE; PRAGMA wal_checkpoint(FULL)");
    shell.close();
    append(journal, 3);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(38);
  });
});
