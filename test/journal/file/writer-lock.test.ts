import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { Journal } from "../../../src/journal/index.js";
import { childWith, killedWhileAppending } from "../../fixtures/child.js";
import { append, newPath, openJournal, rowOf, thrownBy } from "../../fixtures/journal.js";

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
