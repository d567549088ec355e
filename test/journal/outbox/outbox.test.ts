import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { Journal, JournalRow, Outbox } from "../../../src/journal/index.js";
import {
  append,
  codeOf,
  newPath,
  openJournal,
  rowOf,
  spooled,
  thrownBy,
} from "../../fixtures/journal.js";

/** Appends entries and hands their records to an outbox. */
function emit(journal: Journal, outbox: Outbox, count: number): JournalRow[] {
  return Array.from({ length: count }, () => {
    const [row] = append(journal, 1) as [JournalRow];
    outbox.add(spooled(journal, row));
    return row;
  });
}

/** The sequences at the front. */
const pending = (outbox: Outbox, count = 100): unknown[] =>
  outbox.peek(count).map(({ record }) => record.attributes["governance.sequence"]);

describe("the outbox of a mirror", () => {
  test("gives back the records that were sealed, whole", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("otlp");
    const row = rowOf(
      0,
      { operation: "node_removed", details: { why: "a\0b", n: 3 } },
      { traced: true },
    );
    journal.append(row);
    const original = spooled(journal, row);
    outbox.add(original);
    expect(outbox.peek(10).map(({ record }) => record)).toEqual([original.record]);
    expect(outbox.peek(1)[0]?.since).toBe(original.since);
    journal.close();
    const [again] = openJournal(path).outbox("otlp").peek(10);
    expect(again?.record).toMatchObject({
      body: row.line,
      hrTime: row.time,
      hrTimeObserved: row.time,
      eventName: "governance.node_removed",
      severityNumber: original.record.severityNumber,
      attributes: original.record.attributes,
      spanContext: { traceId: row.entry.traceId, spanId: row.entry.spanId, traceFlags: 1 },
      instrumentationScope: row.scope,
    });
    expect(again?.record.resource.attributes).toEqual(row.resource.attributes);
  });

  test("counts a record when it was added, not when its entry was appended", () => {
    const journal = openJournal(newPath());
    const outbox = journal.outbox("otlp");
    const rows = append(journal, 2);
    expect(outbox.size).toBe(0);
    outbox.add(spooled(journal, rows[0] as JournalRow));
    expect([outbox.size, pending(outbox)]).toEqual([1, [0]]);
    outbox.add(spooled(journal, rows[1] as JournalRow));
    expect(outbox.size).toBe(2);
    expect(outbox.capacity).toBe(Number.POSITIVE_INFINITY);
    expect(journal.outbox("otlp")).toBe(outbox);
  });

  test("goes on after the last delivered record when it is opened again", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("otlp");
    emit(journal, outbox, 5);
    outbox.settle(2);
    expect(pending(outbox)).toEqual([2, 3, 4]);
    append(journal, 1); // appended, and the process ended before its record was handed on
    journal.close();
    const again = openJournal(path).outbox("otlp");
    expect([again.size, again.delivered, pending(again), pending(again, 2)]).toEqual([
      4,
      2,
      [2, 3, 4, 5],
      [2, 3],
    ]);
    const [oldest] = again.peek(1);
    expect(performance.now() - (oldest?.since ?? 0)).toBeGreaterThan(0);
  });

  test("starts at the current end for a new name, at the first entry with backfill", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 3);
    expect(journal.outbox("late").size).toBe(0);
    expect(pending(journal.outbox("all", { backfill: true }))).toEqual([0, 1, 2]);
    journal.close();
    const again = openJournal(path);
    append(again, 1);
    expect(again.outbox("late", { backfill: true }).size).toBe(1);
    expect(codeOf(() => again.outbox(""))).toBe("invalid_options");
  });
});

describe("a record that a backend refuses for good", () => {
  test("stays listed with the reason, and is pending again after resend", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("otlp");
    emit(journal, outbox, 4);
    outbox.settle(1);
    outbox.reject("400: no\0good");
    expect(pending(outbox)).toEqual([2, 3]);
    expect(journal.rejected()).toEqual([
      {
        mirror: "otlp",
        sequence: 1,
        reason: "400: no\ufffdgood",
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    ]);
    expect(journal.stats().mirrors).toEqual({ otlp: { delivered: 1, pending: 2, rejected: 1 } });
    journal.close();
    const again = openJournal(path);
    expect(again.rejected("other")).toEqual([]);
    expect(again.rejected("otlp")).toHaveLength(1);
    const late = again.outbox("otlp");
    let told = 0;
    late.onPending(() => told++);
    expect([
      again.resend("otlp", [0, 2]),
      again.resend("otlp"),
      again.resend("otlp"),
      told,
    ]).toEqual([0, 1, 0, 1]);
    late.settle(1);
    expect(pending(late)).toEqual([1, 3]);
    expect(again.rejected()).toEqual([]);
    late.reject("again");
    expect(again.rejected("otlp")).toMatchObject([{ sequence: 1, reason: "again" }]);
    expect(again.stats().mirrors["otlp"]).toEqual({ delivered: 2, pending: 1, rejected: 1 });
  });

  test("is pending again after a restart too, before all others", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("otlp");
    emit(journal, outbox, 3);
    outbox.reject("a");
    outbox.reject("b");
    expect(journal.resend("otlp", [1])).toBe(1);
    journal.close();
    const again = openJournal(path);
    expect(again.stats().mirrors["otlp"]).toEqual({ delivered: 0, pending: 2, rejected: 1 });
    expect(pending(again.outbox("otlp"))).toEqual([1, 2]);
  });

  test("that is sent again while others are on their way does not take their place", () => {
    const journal = openJournal(newPath());
    const outbox = journal.outbox("otlp");
    emit(journal, outbox, 4);
    outbox.reject("a");
    const onTheirWay = pending(outbox, 2);
    journal.resend("otlp");
    expect(outbox.size).toBe(4);
    expect(pending(outbox, 2)).toEqual(onTheirWay);
    outbox.settle(2);
    expect(pending(outbox)).toEqual([0, 3]);
    outbox.settle(2);
    expect(outbox.size).toBe(0);
  });
});

describe("what cannot be saved of an outbox", () => {
  test("is kept, and saved with the next change", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("otlp");
    emit(journal, outbox, 3);
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE"); // as a shell that was left open
    outbox.reject("poison");
    expect(pending(outbox)).toEqual([1, 2]);
    expect(outbox.rejected).toBe(1);
    other.close();
    outbox.settle(1);
    expect(journal.rejected()).toMatchObject([{ sequence: 0, reason: "poison" }]);
    journal.close();
    const again = openJournal(path).outbox("otlp");
    expect([again.delivered, again.rejected, pending(again)]).toEqual([1, 1, [2]]);
  });
});

describe("forgetting a mirror", () => {
  test("drops what is pending and rejected for it", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("old");
    emit(journal, outbox, 3);
    outbox.reject("no");
    expect(thrownBy(() => journal.forgetMirror("old"))).toMatchObject({
      code: "invalid_options",
      field: "mirror",
    });
    journal.close();
    const again = openJournal(path);
    again.forgetMirror("old");
    expect([again.stats().mirrors, again.rejected()]).toEqual([{}, []]);
    expect(again.outbox("old").size).toBe(0);
    for (const call of [() => again.forgetMirror("never"), () => again.resend("never")])
      expect(codeOf(call)).toBe("invalid_options");
  });
});
