import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { AuditError } from "../errors.js";
import type { FlushOptions } from "./flush.js";
import type { MirrorLedger } from "./ledger.js";
import type { Spool } from "./spool.js";

/**
 * A mirror: any log record processor. A name and a way to report errors are optional. A mirror
 * that also keeps a ledger of what it delivers is a `ReliableMirror`.
 */
export interface AuditMirror extends LogRecordProcessor {
  /** What error messages call the mirror. */
  readonly name?: string;
  /**
   * Takes the function that reports what goes wrong after `onEmit` has returned. The log that owns
   * the mirror calls this once, before the first record. The log gives a mirror with this method
   * one second more than the deadline of a flush or a shutdown, to report what it did not deliver.
   */
  reportTo?(onError: (error: AuditError) => void): void;
  /**
   * Takes the entries that the journal holds when the log starts, oldest first. The log that owns
   * the mirror calls this once, before the first record, if it has a journal.
   */
  useHistory?(entries: Iterable<AuditEntry>): void;
  /** Flushes and closes the mirror. */
  shutdown(options?: FlushOptions): Promise<void>;
}

/**
 * A mirror that accounts for every record it took: at every moment, accepted = delivered + pending
 * + rejected. It has all of these members; a processor that has only some of them is refused with
 * `invalid_options`. `ReliableLogRecordProcessor` is one.
 */
export interface ReliableMirror extends AuditMirror {
  /** Stable from one start to the next. Keys the line in the ledger and the outbox in a journal. */
  readonly name: string;
  /**
   * Whether a journal that does not know the name yet hands the mirror all entries that it holds,
   * and not only the entries from now on.
   */
  readonly backfill: boolean;
  /**
   * Makes the mirror deliver from this spool instead of its own. A log with a journal calls this
   * once, before the first record.
   */
  useSpool(spool: Spool): void;
  /** The mirror's line in the ledger. */
  ledger(): MirrorLedger;
  /**
   * Does nothing if the mirror can take `count` more records, or if it rejects records when it is
   * full.
   *
   * @throws `AuditError` `delivery_failed` if the mirror fails closed and has no room. The entry is
   * then not recorded, in memory or on disk.
   */
  checkRoom(count: number): void;
  /** Takes the function that reports what goes wrong after `onEmit` has returned. */
  reportTo(onError: (error: AuditError) => void): void;
}

/**
 * Tells a reliable mirror from a plain processor. {@link missingMember} says whether it is whole. A
 * `ledger()` counts only beside a name: a log that is the mirror of another has a ledger too.
 */
export function isReliable(mirror: LogRecordProcessor): mirror is ReliableMirror {
  const { name, ledger, checkRoom, useSpool }: Partial<ReliableMirror> = mirror;
  if (checkRoom !== undefined || useSpool !== undefined) return true;
  return ledger !== undefined && name !== undefined;
}

/**
 * What is missing from a mirror that has only a part of {@link ReliableMirror}. Undefined for a
 * reliable mirror and for a plain processor.
 */
export function missingMember(mirror: LogRecordProcessor): keyof ReliableMirror | undefined {
  if (!isReliable(mirror)) return undefined;
  if (typeof mirror.name !== "string") return "name";
  if (typeof mirror.backfill !== "boolean") return "backfill";
  const methods = ["ledger", "checkRoom", "useSpool", "reportTo"] as const;
  return methods.find((method) => typeof mirror[method] !== "function");
}
