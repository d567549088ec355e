import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DEFAULT_MINIMUM_RETENTION_DAYS, type Journal } from "../../../src/journal/index.js";
import {
  append,
  codeOf,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  rowOf,
  START,
  tamper,
  thrownBy,
} from "../../fixtures/journal.js";

const DAY = 86_400_000;

describe("pruning a journal", () => {
  test("removes nothing whose time was set back in the file", () => {
    const path = newPath();
    const first = openJournal(path);
    append(first, 5);
    first.close();
    tamper(path, "UPDATE entry SET recorded_nanos = recorded_nanos - 315360000000000000");
    const journal = prunable(path);
    const olderThan = new Date(START - 1000);
    expect(thrownBy(() => pruneUnsealed(journal, { olderThan })).message).toMatch(
      /nothing was pruned: the entry of sequence 0 was recorded at another time/,
    );
    expect(journal.entries()).toHaveLength(5);
  });

  test("removes what was recorded before the time, and keeps the leaf hashes", () => {
    const path = newPath();
    const journal = prunable(path);
    const rows = append(journal, 3000, (sequence) => ({ timestamp: new Date(sequence % 7) }));
    const olderThan = new Date(START + 2500 * 1000);
    expect(pruneUnsealed(journal, { olderThan })).toEqual({ pruned: 2500, prunedBefore: 2500 });
    expect(pruneUnsealed(journal, { olderThan })).toEqual({ pruned: 0, prunedBefore: 2500 });
    const check = (held: Journal): void => {
      expect(held.length).toBe(3000);
      expect(held.stats()).toMatchObject({ entries: 500, pruned: 2500 });
      expect([held.get(2499), held.get(2500)]).toEqual([undefined, rows[2500]?.entry]);
      expect([...held.lines()]).toEqual(rows.slice(2500).map(({ line }) => line));
      expect(held.count()).toBe(500);
      expect(held.count({ until: new Date(1) })).toBe(
        rows.slice(2500).filter((row) => row.timestampMillis < 1).length,
      );
      expect(held.entries({ order: "oldest", limit: 1 })).toEqual([rows[2500]?.entry]);
    };
    check(journal);
    journal.close();
    check(openJournal(path, { readOnly: true }));
    const database = new DatabaseSync(path, { readOnly: true });
    const kept = database
      .prepare("SELECT sequence, lower(hex(leaf_hash)) AS hash FROM pruned_leaf ORDER BY sequence")
      .all();
    expect(kept.map(({ hash }) => hash)).toEqual(
      rows.slice(0, 2500).map(({ entry }) => entry.leafHash),
    );
    expect(
      database.prepare("SELECT first, pruned_before, older_than FROM pruning").all(),
    ).toMatchObject([{ first: 0, pruned_before: 2500, older_than: olderThan.toISOString() }]);
    database.close();
  });

  test("leaves a journal that goes on with its sequence and time, even if it is empty", () => {
    const path = newPath();
    const journal = prunable(path);
    const rows = append(journal, 2);
    pruneUnsealed(journal, { olderThan: new Date(START + DAY) });
    expect([journal.entries(), journal.count()]).toEqual([[], 0]);
    journal.close();
    const again = openJournal(path);
    expect([again.length, again.lastTime]).toEqual([2, rows[1]?.time]);
    expect(again.outbox("new", { backfill: true }).size).toBe(0);
    append(again, 1);
    expect(again.entries().map(({ sequence }) => sequence)).toEqual([2]);
  });

  test("keeps what is younger than the floor, whatever is asked for", () => {
    vi.setSystemTime(START);
    onTestFinished(() => void vi.useRealTimers());
    const journal = openJournal(newPath());
    const old = Date.now() - (DEFAULT_MINIMUM_RETENTION_DAYS + 1) * DAY;
    const young = Date.now() - (DEFAULT_MINIMUM_RETENTION_DAYS - 1) * DAY;
    journal.append(rowOf(0, {}, { recordedMillis: old }));
    journal.append(rowOf(1, {}, { recordedMillis: young }));
    expect(
      thrownBy(() => pruneUnsealed(journal, { olderThan: new Date(young + 1) })),
    ).toMatchObject({
      code: "invalid_options",
      field: "olderThan",
    });
    for (const olderThan of [new Date(Number.NaN), undefined, "2026-01-01"])
      expect(codeOf(() => pruneUnsealed(journal, { olderThan } as never))).toBe("invalid_options");
    expect(journal.count()).toBe(2);
    expect(pruneUnsealed(journal, { olderThan: new Date(old + 1000) }).pruned).toBe(1);
  });

  test("refuses what a mirror has still to deliver, one that vanished too", () => {
    const path = newPath();
    const journal = prunable(path);
    append(journal, 2);
    const outbox = journal.outbox("otlp", { backfill: true });
    const all = { olderThan: new Date(START + DAY) };
    const error = thrownBy(() => pruneUnsealed(journal, all));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain(
      'the mirror "otlp" has not delivered the entry of sequence 0 yet',
    );
    outbox.settle(1);
    outbox.reject("poison");
    append(journal, 1);
    journal.close();
    const again = prunable(path);
    expect(codeOf(() => pruneUnsealed(again, all))).toBe("journal_failed");
    expect(again.count()).toBe(3);
    again.resend("otlp");
    expect(codeOf(() => pruneUnsealed(again, { olderThan: new Date(START + 2000) }))).toBe(
      "journal_failed",
    );
    again.forgetMirror("otlp");
    expect(pruneUnsealed(again, all).pruned).toBe(3);
  });

  test("leaves a rejected record listed, which cannot be sent again", () => {
    const journal = prunable(newPath());
    const outbox = journal.outbox("otlp");
    append(journal, 1);
    journal.close();
    expect(outbox.size).toBe(0);
    const again = prunable(journal.path);
    again.outbox("otlp").reject("poison");
    expect(pruneUnsealed(again, { olderThan: new Date(START + DAY) }).pruned).toBe(1);
    expect([again.rejected().length, again.resend("otlp")]).toEqual([1, 0]);
  });

  test("stops a reader of the lines rather than leave a gap in silence", () => {
    const journal = prunable(newPath());
    append(journal, 1000);
    const lines = journal.lines()[Symbol.iterator]();
    lines.next();
    pruneUnsealed(journal, { olderThan: new Date(START + 900 * 1000) });
    expect(codeOf(() => Array.from({ length: 1000 }, () => lines.next()))).toBe("journal_failed");
  });
});
