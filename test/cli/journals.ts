import { DatabaseSync } from "node:sqlite";
import type { AuditEvent } from "../../src/entry/audit-event.js";
import type { SigningKey } from "../../src/integrity/signing-key.js";
import type { Journal } from "../../src/journal/index.js";
import { checkpointRecord } from "../../src/record/checkpoint-record.js";
import { newKey } from "../integrity/fixtures.js";
import { append, newPath, openJournal, spooled } from "../journal/fixtures.js";

/** A journal with entries that are a second apart from 2026-04-14T12:00:00Z on; nobody has it open. */
export function journalOf(events: readonly Partial<AuditEvent>[]): string {
  const path = newPath();
  const journal = openJournal(path, { logId: "acme.example" });
  append(journal, events.length, (sequence) => ({
    timestamp: new Date(Date.UTC(2026, 3, 14, 12, 0, sequence)),
    ...events[sequence],
  }));
  journal.close();
  return path;
}

/** Appends entries of 16 KiB, four of which are more than is written at once. */
export function appendLong(journal: Journal, count: number): void {
  append(journal, count, () => ({ details: { text: "x".repeat(16_384) } }));
}

/** A journal whose mirror `otlp` has one of four records to deliver, and was refused the first and the third. */
export function journalWithRejections(): string {
  const path = newPath();
  const journal = openJournal(path, { logId: "acme.example" });
  const outbox = journal.outbox("otlp");
  for (const row of append(journal, 4)) outbox.add(spooled(journal, row));
  outbox.reject("400 Bad Request");
  outbox.settle(1);
  outbox.reject("413 too\u001b[31m large");
  journal.close();
  return path;
}

/** A journal with a checkpoint, and the key that signed it. */
export interface SignedJournal {
  readonly path: string;
  readonly key: SigningKey;
  readonly vkey: string;
}

/** A journal of so many votes on two proposals under a checkpoint, and of some more behind it. */
export async function signedJournal(covered: number, behind = 0): Promise<SignedJournal> {
  const path = newPath();
  const journal = openJournal(path, { logId: "acme.example" });
  const key = newKey("acme.example");
  const votes = (count: number) =>
    append(journal, count, (sequence) => ({
      proposalId: `p${(sequence % 2) + 1}`,
      decision: "approve",
    }));
  votes(covered);
  await journal.checkpoint({ keys: [key], now: () => Date.parse("2026-04-14T12:30:00Z") });
  votes(behind);
  journal.close();
  return { path, key, vkey: key.verifierKey.vkey };
}

/** A journal whose mirror `otlp` was refused an entry and a checkpoint. */
export async function journalWithRejectedCheckpoint(): Promise<string> {
  const path = newPath();
  const journal = openJournal(path, { logId: "acme.example" });
  const outbox = journal.outbox("otlp");
  const [row] = append(journal, 1);
  if (row !== undefined) outbox.add(spooled(journal, row));
  const checkpoint = await journal.checkpoint({ keys: [newKey("acme.example")] });
  outbox.add({ record: checkpointRecord(checkpoint), since: performance.now() });
  outbox.reject("400 Bad Request");
  outbox.reject("400 Bad Request");
  journal.close();
  return path;
}

/** Changes a journal behind the back of its triggers, as somebody with a shell and an SQLite would. */
export function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(`DROP TRIGGER entry_update; DROP TRIGGER entry_delete; ${sql}`);
  database.close();
}
