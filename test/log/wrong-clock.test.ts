import { DatabaseSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import { ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { generateKeys } from "../../src/integrity/keys/key-generation.js";
import { signingKeyOf } from "../../src/journal/index.js";
import { RecordingExporter } from "../../src/testing/index.js";
import { verify } from "../../src/verify/index.js";
import { afterThisTest } from "../fixtures/cleanup.js";
import { newPath, openJournal, pruneUnsealed } from "../fixtures/journal.js";

const NOW = Date.UTC(2026, 3, 14, 12);
const WRONG = Date.UTC(2200, 0);
const DAY = 86_400_000;

/** Logs once for each reading of the clock, in one process, and returns what `onError` heard. */
async function logAt(
  path: string | undefined,
  ...readings: readonly number[]
): Promise<AuditError[]> {
  const heard: AuditError[] = [];
  let reading = 0;
  const audit = new GovernanceAuditLog({
    journal: path,
    clock: () => new Date(reading),
    onError: (error) => heard.push(error as AuditError),
  });
  for (reading of readings) audit.logNodeRemoved({ did: "did:a" });
  await audit.shutdown();
  return heard;
}

/** The years in which the rows of a journal were recorded. */
function yearsOf(path: string): number[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare("SELECT recorded_nanos / 1000000 AS millis FROM entry").all();
  database.close();
  return rows.map(({ millis }) => new Date(Number(millis)).getUTCFullYear());
}

describe("one clock reading of 2200", () => {
  test.each([
    ["in one process", [[NOW, WRONG, NOW + 1, NOW + 2]]],
    ["over restarts", [[NOW], [WRONG], [NOW + 1], [NOW + 2]]],
    [
      "that a later process finds undone",
      [
        [NOW, WRONG],
        [NOW + 1, NOW + 2],
      ],
    ],
  ])("%s does not decide the times of later records, and is reported", async (_, processes) => {
    const path = newPath();
    const heard: AuditError[] = [];
    for (const readings of processes) heard.push(...(await logAt(path, ...readings)));
    expect(yearsOf(path)).toEqual([2026, 2200, 2026, 2026]);
    expect(heard.map(({ code, field }) => ({ code, field }))).toEqual([
      { code: "clock_failed", field: "clock" },
    ]);
    expect(heard[0]?.message).toContain(
      "jumped ahead to 2200-01-01T00:00:00.000Z, and shows 2026-",
    );
    const journal = openJournal(path, { readOnly: true });
    expect((await verify(journal.evidence())).problems).toEqual([]);
  });

  test("goes to mirrors as it is, and later records with their own times", async () => {
    const exporter = new RecordingExporter();
    let reading = NOW;
    const audit = new GovernanceAuditLog({
      mirrors: [new ReliableLogRecordProcessor({ exporter, delayMillis: 0 })],
      clock: () => new Date(reading),
      onError: () => {},
    });
    for (reading of [NOW, WRONG, NOW + 1000]) audit.logNodeRemoved({ did: "did:a" });
    await audit.shutdown();
    const seconds = exporter.records.map(({ hrTime }) => hrTime[0]);
    expect(seconds).toEqual([NOW, WRONG, NOW + 1000].map((millis) => millis / 1000));
  });

  test("keeps no row from retention, and a row whose time was edited is not pruned", async () => {
    const path = newPath();
    await logAt(path, NOW, NOW + DAY, WRONG, WRONG, NOW + 2 * DAY, WRONG, NOW + 3 * DAY);
    await logAt(path, ...Array.from({ length: 40 }, (_, day) => NOW + (4 + day) * DAY));
    vi.setSystemTime(NOW + 300 * DAY);
    afterThisTest(() => vi.useRealTimers());
    const journal = openJournal(path, { minimumRetentionDays: 0 });
    const prune = (day: number) => pruneUnsealed(journal, { olderThan: new Date(NOW + day * DAY) });
    expect(prune(1.5)).toEqual({ pruned: 2, prunedBefore: 2 });
    expect(prune(2.5)).toEqual({ pruned: 3, prunedBefore: 5 });
    expect(prune(3)).toEqual({ pruned: 0, prunedBefore: 5 });
    expect(prune(10)).toEqual({ pruned: 8, prunedBefore: 13 });
    const { problems } = await verify(journal.evidence());
    expect(problems.map(({ code }) => code)).toEqual(["unsealed_pruning"]);
    expect(prune(300).prunedBefore).toBe(47);
  });

  test("decides nothing about checkpoints that are signed later", async () => {
    const path = newPath();
    await logAt(path, NOW, WRONG);
    const { privateKeyPem } = generateKeys("quorumlog", "ed25519");
    const keys = [signingKeyOf("quorumlog", privateKeyPem)];
    const journal = openJournal(path);
    await journal.checkpoint({ keys, now: () => WRONG });
    journal.close();
    await logAt(path, NOW + 1);
    const again = openJournal(path);
    await again.checkpoint({ keys, now: () => NOW + 2 });
    expect(again.newestCheckpoint()?.time[0]).toBe(Math.floor((NOW + 2) / 1000));
  });
});
