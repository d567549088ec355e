import { chmodSync, chownSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { StatementSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import { Journal } from "../../../src/journal/index.js";
import { childWith } from "../../fixtures/child.js";
import { append, newPath, openJournal, rowOf, thrownBy } from "../../fixtures/journal.js";

/** The path of a closed journal with so many entries. */
function closedJournal(count: number): string {
  const path = newPath();
  const journal = Journal.open(path);
  journal.append(...Array.from({ length: count }, (_, sequence) => rowOf(sequence)));
  journal.close();
  return path;
}

/** Runs something in the middle of the next reading of rows, once. */
function duringNextRead(meanwhile: () => void): void {
  const { all } = StatementSync.prototype;
  const spy = vi.spyOn(StatementSync.prototype, "all").mockImplementationOnce(function (
    this: StatementSync,
    ...values
  ) {
    const rows = Reflect.apply(all, this, values);
    spy.mockRestore();
    meanwhile();
    return rows;
  });
}

describe("reading a journal while the app is down", () => {
  test("leaves nothing behind", async () => {
    const path = closedJournal(3);
    const before = readdirSync(dirname(path));
    const journal = Journal.open(path, { readOnly: true });
    expect([...journal.lines()]).toHaveLength(3);
    expect(journal.stats().entries).toBe(3);
    for await (const _ of journal.evidence());
    expect(readdirSync(dirname(path))).toEqual(before);
    journal.close();
    expect(readdirSync(dirname(path))).toEqual(before);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "as another Unix user lets the app start, which belongs to a third one",
    async () => {
      const path = closedJournal(2);
      chmodSync(dirname(path), 0o777);
      for (const name of readdirSync(dirname(path)))
        chownSync(join(dirname(path), name), 4711, 4711);
      const auditor = await childWith(path, [], { mode: "read", user: 4712 });
      expect(auditor.said).toMatchObject({ length: 2 });
      const app = await childWith(path, [], { user: 4711 });
      expect(app.said).toMatchObject({ length: 2 });
      await auditor.kill();
      await app.kill();
    },
  );

  test.skipIf(process.getuid?.() !== 0)(
    "the app's error names a file that must stay, and its owner",
    async () => {
      const path = closedJournal(1);
      const folder = dirname(path);
      chmodSync(folder, 0o777);
      for (const name of readdirSync(folder)) chownSync(join(folder, name), 4711, 4711);
      writeFileSync(`${path}-shm`, "");
      chownSync(`${path}-shm`, 4712, 4712);
      const app = await childWith(path, [], { user: 4711 });
      expect(app.said["code"]).toBe("journal_failed");
      expect(app.said["message"]).toContain(`${path}-shm belongs to the user 4712, and this`);
      await app.kill();
      rmSync(`${path}-shm`);
    },
  );
});

describe("an immutable read", () => {
  test("is repeated as a shared one if a writer appeared meanwhile", () => {
    const path = closedJournal(3);
    const reader = openJournal(path, { readOnly: true });
    expect(reader.length).toBe(3);
    let writer: Journal | undefined;
    duringNextRead(() => {
      writer = openJournal(path);
      append(writer, 2);
    });
    expect(reader.entries().map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1, 0]);
    append(writer as Journal, 1);
    expect(reader.length).toBe(6);
  });

  test("is repeated if a writer came, and has gone already", () => {
    const path = closedJournal(3);
    const reader = openJournal(path, { readOnly: true });
    duringNextRead(() => {
      const writer = Journal.open(path);
      append(writer, 2);
      writer.close();
    });
    expect(reader.entries()).toHaveLength(5);
    expect(readdirSync(dirname(path)).filter((name) => /-(?:wal|shm)$/.test(name))).toEqual([]);
  });

  test("goes on over lines and statistics when writers come and go", () => {
    const path = closedJournal(2000);
    const reader = openJournal(path, { readOnly: true });
    let count = 0;
    for (const line of reader.lines()) {
      expect(JSON.parse(line)).toMatchObject({ seq: count++ });
      if (count % 600 !== 0) continue;
      const writer = Journal.open(path);
      append(writer, 1);
      if (count === 1200) writer.outbox("otlp");
      writer.close();
    }
    expect(count).toBe(2000);
    expect(reader.stats()).toMatchObject({ entries: 2003, mirrors: { otlp: { pending: 1 } } });
  });

  test("of a backup is repeated too, and the backup is whole", async () => {
    const path = closedJournal(500);
    const reader = openJournal(path, { readOnly: true });
    const copy = join(dirname(path), "copy.db");
    const done = reader.backup(copy);
    const writer = openJournal(path);
    append(writer, 200);
    await done;
    const lines = [...openJournal(copy, { readOnly: true }).lines()];
    expect(lines.length).toBeGreaterThanOrEqual(500);
    expect(lines).toEqual([...writer.lines()].slice(0, lines.length));
  });

  test("of a file that was replaced meanwhile fails, and says why", () => {
    const path = closedJournal(3);
    const reader = openJournal(path, { readOnly: true });
    expect(reader.length).toBe(3);
    rmSync(path);
    const other = openJournal(path);
    append(other, 1);
    const error = thrownBy(() => reader.entries());
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain("was deleted, moved or replaced while it was read");
    expect(statSync(path).isFile()).toBe(true);
  });
});
