import { rmSync } from "node:fs";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DeliveryOptions, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { DeliveryError, GovernanceAuditLog } from "../../src/index.js";
import type { Journal } from "../../src/journal/index.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { newPath, openJournal } from "../fixtures/journal.js";
import { castVotes } from "../fixtures/watched-delivery.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const down = () => new ScriptedExporter(failWith(new Error("down")));
const mirrorOver = (exporter: ScriptedExporter, options: DeliveryOptions = {}) =>
  new ReliableLogRecordProcessor({ exporter, delayMillis: 1, ...options });

/** The outcome of a shutdown, and after how many milliseconds it settled. */
async function shutDown(
  audit: { shutdown(options?: { timeoutMillis?: number }): Promise<void> },
  options?: { timeoutMillis?: number },
): Promise<{ error: DeliveryError | undefined; after: number }> {
  const start = performance.now();
  let outcome: { error: DeliveryError | undefined; after: number } | undefined;
  const settled = (error?: DeliveryError): void => {
    outcome = { error, after: performance.now() - start };
  };
  void audit.shutdown(options).then(() => settled(), settled);
  for (let turn = 0; outcome === undefined && turn < 1000; turn++)
    await vi.advanceTimersByTimeAsync(100);
  return outcome ?? expect.fail("the shutdown never settled");
}

describe("a shutdown while the backend is down", () => {
  test("ends after 2 s if all that is pending is safe in a journal, and says so", async () => {
    const mirrors = [mirrorOver(down())];
    const audit = new GovernanceAuditLog({ journal: newPath(), mirrors });
    castVotes(audit, 3);
    const { error, after } = await shutDown(audit);
    expect(after).toBeGreaterThanOrEqual(2000);
    expect(after).toBeLessThan(2500);
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error).toMatchObject({
      message:
        "shutdown: otlp: 3 pending, safe in the journal for the next start, 0 rejected; last: down",
      isSafe: true,
      ledger: { mirrors: { otlp: { pending: 3, rejected: 0 } } },
    });
  });

  test("ends after the time that the option says", async () => {
    const mirrors = [mirrorOver(down(), { shutdownTimeoutMillis: 7000 })];
    const audit = new GovernanceAuditLog({ journal: newPath(), mirrors });
    castVotes(audit, 1);
    const { after } = await shutDown(audit);
    expect(after).toBeGreaterThanOrEqual(7000);
    expect(after).toBeLessThan(7500);
  });

  test("tries for 30 s if what is pending is in memory only", async () => {
    const audit = new GovernanceAuditLog({ mirrors: [mirrorOver(down())] });
    castVotes(audit, 3);
    const { error, after } = await shutDown(audit);
    expect(after).toBeGreaterThanOrEqual(30_000);
    expect(error).toMatchObject({
      isSafe: false,
      message: "shutdown: otlp: 3 pending, 0 rejected; last: down",
    });
  });

  test("tries for 30 s if the journal was deleted", async () => {
    const path = newPath();
    const journal = openJournal(path);
    const audit = new GovernanceAuditLog({ journal, mirrors: [mirrorOver(down())] });
    castVotes(audit, 1);
    rmSync(path);
    const { error, after } = await shutDown(audit);
    expect(after).toBeGreaterThanOrEqual(30_000);
    expect(error).toMatchObject({ isSafe: false });
  });

  test("does not wait for an export that nobody answers", async () => {
    const hanging = new ScriptedExporter(() => {});
    hanging.shutdown = () => new Promise(() => {}); // as one that waits for its requests
    const audit = new GovernanceAuditLog({ journal: newPath(), mirrors: [mirrorOver(hanging)] });
    castVotes(audit, 1);
    const { error, after } = await shutDown(audit);
    expect(after).toBeLessThan(3500);
    expect(error).toMatchObject({ isSafe: true });
  });

  test("still takes no longer than its caller allows", async () => {
    const audit = new GovernanceAuditLog({ journal: newPath(), mirrors: [mirrorOver(down())] });
    castVotes(audit, 1);
    const { error, after } = await shutDown(audit, { timeoutMillis: 500 });
    expect(after).toBeLessThan(1000);
    expect(error).toMatchObject({ isSafe: true });
  });

  test("lets each of several mirrors decide alone", async () => {
    const slow = new ScriptedExporter((records, done) => {
      setTimeout(() => succeed(records, done), 5000);
    });
    const mirrors = [
      mirrorOver(down()),
      mirrorOver(slow, { name: "slow", shutdownTimeoutMillis: 10_000 }),
    ];
    const audit = new GovernanceAuditLog({ journal: newPath(), mirrors });
    castVotes(audit, 2);
    const { error } = await shutDown(audit);
    expect(error?.ledger.mirrors).toMatchObject({
      otlp: { pending: 2 },
      slow: { delivered: 2, pending: 0 },
    });
    expect(error).toMatchObject({ isSafe: true });
  });
});

test("a shutdown goes on for as long as records are delivered", async () => {
  let sent: readonly ReadableLogRecord[] = [];
  const slow = new ScriptedExporter((records, done) => {
    sent = [...sent, ...records];
    setTimeout(() => succeed(records, done), 1500);
  });
  const mirrors = [mirrorOver(slow, { maxBatchSize: 1 })];
  const audit = new GovernanceAuditLog({ journal: newPath(), mirrors });
  castVotes(audit, 6);
  const { error, after } = await shutDown(audit);
  expect(error).toBeUndefined();
  expect(after).toBeGreaterThan(6000);
  expect(sent).toHaveLength(6);
});

test("a record that was rejected is lost, even if the others are safe in a journal", async () => {
  const exporter = new ScriptedExporter(failWith(Object.assign(new Error("no"), { code: 400 })));
  const audit = new GovernanceAuditLog({
    journal: newPath(),
    mirrors: [mirrorOver(exporter)],
    onError: () => {},
  });
  castVotes(audit, 1);
  await vi.advanceTimersByTimeAsync(100);
  exporter.takes = failWith(new Error("down"));
  castVotes(audit, 1);
  const { error, after } = await shutDown(audit);
  expect(after).toBeLessThan(2500);
  expect(error).toMatchObject({
    isSafe: false,
    message: expect.stringContaining("1 pending, safe in the journal for the next start, 1 reje"),
  });
});

describe("an answer that comes after the shutdown", () => {
  /** A log whose only export is not answered before its shutdown, and what answers it then. */
  async function shutDownWhileExporting(
    journal: string | Journal,
  ): Promise<{ audit: GovernanceAuditLog; answer: () => void }> {
    const answers: (() => void)[] = [];
    const hanging = new ScriptedExporter((records, done) => {
      answers.push(() => succeed(records, done));
    });
    const audit = new GovernanceAuditLog({ journal, mirrors: [mirrorOver(hanging)] });
    castVotes(audit, 3);
    const { error } = await shutDown(audit);
    expect(error).toMatchObject({ isSafe: true });
    expect(error?.message).toContain("3 pending");
    const answer = (): void => {
      for (const each of answers) each();
    };
    return { audit, answer };
  }

  test("changes no ledger: the next start sends the records again, and counts them once", async () => {
    const path = newPath();
    const { audit, answer } = await shutDownWhileExporting(path);
    answer();
    await vi.advanceTimersByTimeAsync(10);
    const line = { delivered: 0, pending: 3, rejected: 0 };
    expect(audit.ledger().mirrors["otlp"]).toMatchObject({ accepted: 3, ...line });
    const exporter = new ScriptedExporter();
    const next = new GovernanceAuditLog({ journal: path, mirrors: [mirrorOver(exporter)] });
    expect((await shutDown(next)).error).toBeUndefined();
    expect(exporter.batches.flat()).toHaveLength(3);
    const journal = openJournal(path);
    expect(journal.stats().mirrors).toMatchObject({ otlp: { delivered: 3, pending: 0 } });
  });

  test("takes nothing from the next log over the same open journal", async () => {
    const journal = openJournal(newPath());
    const { answer } = await shutDownWhileExporting(journal);
    const exporter = new ScriptedExporter(() => {});
    const next = new GovernanceAuditLog({ journal, mirrors: [mirrorOver(exporter)] });
    castVotes(next, 2);
    answer();
    await vi.advanceTimersByTimeAsync(10);
    expect(next.ledger().mirrors["otlp"]).toMatchObject({ delivered: 0, pending: 5 });
    exporter.takes = succeed;
  });
});

describe("a shutdown with its own time", () => {
  test.each([
    ["in memory", () => undefined],
    ["in a journal", newPath],
  ])("ends then, and says what is pending, while an export hangs: %s", async (_, pathOf) => {
    const journal = pathOf();
    const hanging = new ScriptedExporter(() => {});
    hanging.shutdown = () => new Promise(() => {});
    const mirrors = [mirrorOver(hanging)];
    const audit = new GovernanceAuditLog({ ...(journal && { journal }), mirrors });
    castVotes(audit, 3);
    const { error, after } = await shutDown(audit, { timeoutMillis: 500 });
    expect(after).toBeLessThan(700);
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error?.message).toMatch(/^shutdown: otlp: 3 pending.*, 0 rejected; last: no answer yet/);
    expect(error?.ledger.mirrors["otlp"]).toMatchObject({ accepted: 3, pending: 3 });
    expect(error?.isSafe).toBe(journal !== undefined);
  });
});
