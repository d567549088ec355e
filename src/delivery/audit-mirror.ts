import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { AuditError } from "../errors.js";
import type { MirrorLedger } from "./ledger.js";
import type { Spool } from "./spool.js";

/** Options of a flush or a shutdown. */
export interface FlushOptions {
  /**
   * How long to wait, in milliseconds.
   *
   * @defaultValue {@link DEFAULT_FLUSH_TIMEOUT_MILLIS}, 30 000
   */
  readonly timeoutMillis?: number | undefined;
}

/**
 * What a mirror can offer beyond `LogRecordProcessor`. An `AuditLogProcessor` takes any processor as a mirror and uses
 * of this what it finds.
 */
export interface AuditMirror extends LogRecordProcessor {
  /** Stable name of a reliable mirror, by which its line in the ledger is found. */
  readonly name?: string;
  /** Whether a journal that does not know the mirror yet hands it all entries that it holds; else those from now on. */
  readonly backfill?: boolean;
  /** Delivers from this spool instead of one of its own; called by a log with a journal, before the first record. */
  useSpool?(spool: Spool): void;
  /** Its line in the ledger; a mirror that has one is reliable. */
  ledger?(): MirrorLedger;
  /**
   * Throws `delivery_failed` when it fails closed and has no room for so many more records; the entry is then recorded
   * nowhere.
   */
  checkRoom?(count: number): void;
  /** Flushes and closes; one that is reliable keeps the deadline, and says what it did not deliver. */
  shutdown(options?: FlushOptions): Promise<void>;
  /** Where to report what goes wrong after `onEmit` returned; called once, by the processor that takes it over. */
  reportTo?(onError: (error: AuditError) => void): void;
}
