import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { type AuditEvent, validateEvent } from "../../src/entry/audit-event.js";
import { sealEntry } from "../../src/entry/seal.js";
import { randomUuid } from "../../src/entry/uuid.js";
import { AuditError, type AuditErrorCode } from "../../src/errors.js";
import { Journal, type JournalOptions, type JournalRow } from "../../src/journal/index.js";
import { replayedRecord } from "../../src/record/replayed-record.js";
import { afterThisTest } from "../fixtures/cleanup.js";

export const resource = resourceFromAttributes({ "service.name": "votes" });
export const scope = { name: "quorumlog", version: "1.2.3" };

/** 2026-04-14T12:00:00.000Z */
export const START = 1_776_168_000_000;

/** An empty folder; gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
  afterThisTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a journal that is not there yet. */
export function newPath(): string {
  return join(temporaryFolder(), "governance.db");
}

/** Opens a journal; it is closed after the test. */
export function openJournal(path: string, options?: JournalOptions): Journal {
  const journal = Journal.open(path, options);
  afterThisTest(() => journal.close());
  return journal;
}

/** What one entry needs beside its event. */
export interface RowOptions {
  readonly recordedMillis?: number;
  readonly logId?: string;
  readonly traced?: boolean;
}

/** A sealed row of a sequence, recorded a second after the one before. */
export function rowOf(
  sequence: number,
  event: Partial<AuditEvent> = {},
  options: RowOptions = {},
): JournalRow {
  const recordedMillis = options.recordedMillis ?? START + sequence * 1000;
  const sealed = sealEntry(
    validateEvent({ operation: "vote_cast", proposalId: "p1", actorDid: "did:a", ...event }),
    {
      log: options.logId ?? "quorumlog",
      sequence,
      id: randomUuid(),
      recordedMillis,
      traceId: options.traced ? "0af7651916cd43dd8448eb211c80319c" : undefined,
      spanId: options.traced ? "b7ad6b7169203331" : undefined,
    },
  );
  const time: JournalRow["time"] = [
    Math.floor(recordedMillis / 1000),
    (recordedMillis % 1000) * 1e6 + 7,
  ];
  return { ...sealed, time, traceFlags: options.traced ? 1 : undefined, resource, scope };
}

/** A closed journal of five entries, the first two of which were pruned. */
export function prunedJournal(): string {
  const path = newPath();
  const journal = openJournal(path, { minimumRetentionDays: 0 });
  append(journal, 5);
  journal.prune({ olderThan: new Date(START + 2000) });
  journal.close();
  return path;
}

/** Alters the first entry of a closed journal behind its triggers' back; `change` is what follows SET. */
export function alterFirst(path: string, change: string): void {
  const database = new DatabaseSync(path);
  const trigger = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name = 'entry_update'")
    .get()?.["sql"];
  database.exec(
    `DROP TRIGGER entry_update; UPDATE entry SET ${change} WHERE sequence = 0; ${trigger}`,
  );
  database.close();
}

/** Appends so many entries, and returns their rows. */
export function append(
  journal: Journal,
  count: number,
  event?: (sequence: number) => Partial<AuditEvent>,
): JournalRow[] {
  return Array.from({ length: count }, () => {
    const row = rowOf(journal.length, event?.(journal.length), { logId: journal.logId });
    journal.append(row);
    return row;
  });
}

/** Hands the record of an appended row to an outbox, as a processor does. */
export function spooled(
  journal: Journal,
  row: JournalRow,
): Parameters<ReturnType<Journal["outbox"]>["add"]>[0] {
  return {
    record: replayedRecord(row, journal.logId, row.time, row),
    since: performance.now(),
  };
}

/** The `AuditError` that `call` throws. */
export function thrownBy(call: () => unknown): AuditError {
  try {
    call();
  } catch (error) {
    if (error instanceof AuditError) return error;
    throw error;
  }
  throw new Error("it threw nothing");
}

/** The code of what `call` throws. */
export function codeOf(call: () => unknown): AuditErrorCode {
  return thrownBy(call).code;
}
