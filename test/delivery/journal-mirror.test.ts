import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { MemorySpool } from "../../src/delivery/spool.js";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import type { Journal } from "../../src/journal/index.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { alterFirst, newPath, openJournal } from "../fixtures/journal.js";
import { until } from "../fixtures/until.js";
import { castVotes } from "../fixtures/watched-delivery.js";

/** A log with a journal and one mirror, which exports one record at a time. */
function logOver(exporter: ScriptedExporter, journal: Journal, errors: AuditError[] = []) {
  const mirror = new ReliableLogRecordProcessor({
    exporter,
    maxBatchSize: 1,
    delayMillis: 1,
    initialBackoffMillis: 20,
    maxBackoffMillis: 20,
    backfill: true,
  });
  const audit = new GovernanceAuditLog({
    journal,
    mirrors: [mirror],
    maxEntries: 2, // a log that starts reads so many from the journal
    onError: (error) => errors.push(error),
  });
  return { audit, mirror };
}

const sequencesOf = (exporter: ScriptedExporter): unknown[] =>
  exporter.batches.flat().map(({ attributes }) => attributes["governance.sequence"]);

describe("a pending entry that was damaged", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is reported at once, then once a minute, and has an age, while others wait", async () => {
    const path = newPath();
    const before = openJournal(path);
    const first = new GovernanceAuditLog({ journal: before });
    castVotes(first, 20); // an opening reads the newest 16
    await first.shutdown();
    before.close();
    alterFirst(path, "leaf_hash = zeroblob(32)");

    vi.setSystemTime(Date.now() + 5000);
    const exporter = new ScriptedExporter();
    const errors: AuditError[] = [];
    const { audit, mirror } = logOver(exporter, openJournal(path), errors);
    await vi.advanceTimersByTimeAsync(100);
    expect(errors.map(({ code, message }) => ({ code, message }))).toEqual([
      {
        code: "delivery_failed",
        message: expect.stringMatching(/sequence 0.*quorumlog verify.*kept/),
      },
    ]);
    expect(mirror.ledger()).toMatchObject({
      delivered: 0,
      pending: 20,
      lastError: expect.stringMatching(/sequence 0/),
    });
    expect(mirror.ledger().oldestPendingMillis).toBeGreaterThanOrEqual(5000);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(errors).toHaveLength(3);
    expect(exporter.batches).toEqual([]);
    const closed = audit.shutdown({ timeoutMillis: 10 });
    const refused = expect(closed).rejects.toMatchObject({ code: "delivery_failed" });
    await vi.advanceTimersByTimeAsync(2000);
    await refused;
  });
});

test("a flush waits for what was before it, even if rejected records are sent first", async () => {
  const journal = openJournal(newPath());
  const exporter = new ScriptedExporter(failWith(new ExportError("not valid", { status: 400 })));
  const { audit, mirror } = logOver(exporter, journal);
  castVotes(audit, 2);
  await expect(audit.flush()).rejects.toMatchObject({ code: "delivery_failed" });
  expect(journal.rejected()).toHaveLength(2);

  const answers: (() => void)[] = [];
  exporter.takes = (records, done) => answers.push(() => succeed(records, done));
  exporter.batches.length = 0;
  castVotes(audit, 3);
  await until(() => answers.length === 1);
  let pendingThen: number | undefined;
  const flushed = mirror.forceFlush().then(() => {
    pendingThen = mirror.ledger().pending;
  });
  expect(journal.resend("otlp")).toBe(2);
  for (let answered = 0; answered < 5; answered++) {
    await until(() => answers.length === 1);
    await new Promise((resolve) => setTimeout(resolve)); // a flush that could resolve has done so
    expect(pendingThen).toBeUndefined();
    answers.pop()?.();
  }
  await flushed;
  expect(pendingThen).toBe(0);
  expect(sequencesOf(exporter)).toEqual([2, 0, 1, 3, 4]);
  await audit.shutdown().catch(() => {}); // it rejects because of the two rejected records
});

test("what is pending is not called safe when the journal was deleted", async () => {
  const path = newPath();
  const exporter = new ScriptedExporter(failWith(new Error("down")));
  const { audit } = logOver(exporter, openJournal(path));
  castVotes(audit, 1);
  await expect(audit.flush({ timeoutMillis: 20 })).rejects.toThrow(
    "1 pending, safe in the journal",
  );
  rmSync(path);
  await expect(audit.flush({ timeoutMillis: 20 })).rejects.toThrow(/1 pending, 0 rejected/);
  await audit.shutdown({ timeoutMillis: 20 }).catch(() => {});
});

test("an emit that fills a batch does not wait until the batch is read", async () => {
  const spool = new MemorySpool(10);
  const peek = vi.spyOn(spool, "peek");
  const exporter = new ScriptedExporter();
  const mirror = new ReliableLogRecordProcessor({ exporter, maxBatchSize: 2 });
  mirror.useSpool(spool);
  const audit = new GovernanceAuditLog({ mirrors: [mirror] });
  castVotes(audit, 3);
  expect(peek).not.toHaveBeenCalled();
  await until(() => exporter.batches.length > 0);
  expect(exporter.batches[0]).toHaveLength(2);
  await audit.shutdown();
});
