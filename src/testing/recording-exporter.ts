import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { snapshotOf } from "../delivery/spool.js";
import { AuditError } from "../errors.js";

/**
 * A log record exporter that keeps what it was given, as it was at that moment: the SDK's records stay writable after
 * they were exported, so that an exporter which keeps them can show what nobody ever sent.
 *
 * @example What a mirror would send
 * ```ts
 * import { SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
 * import { GovernanceAuditLog } from "quorumlog";
 * import { RecordingExporter } from "quorumlog/testing";
 *
 * const exporter = new RecordingExporter();
 * const audit = new GovernanceAuditLog({ mirrors: [new SimpleLogRecordProcessor({ exporter })] });
 * audit.logNodeRemoved({ did: "did:pqaid:eve" });
 * await audit.flush();
 * console.log(exporter.records[0]?.eventName, exporter.bodies[0]);
 * ```
 */
export class RecordingExporter implements LogRecordExporter {
  #records: ReadableLogRecord[] = [];
  #attempts = 0;
  #failures = 0;
  #failure: Error | undefined;
  #closed = false;

  /** Copies of the records of all exports that succeeded, in the order of their export. */
  get records(): readonly ReadableLogRecord[] {
    return this.#records;
  }

  /** Their bodies; a sealed record's is the canonical line. */
  get bodies(): readonly ReadableLogRecord["body"][] {
    return this.#records.map((record) => record.body);
  }

  /** How many exports were tried, those that failed too. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Lets the next exports fail, as a backend that is away does; what they were given is not recorded.
   *
   * @param count - How many exports, counted from this call; 1 by default, `Infinity` until the next call.
   * @param error - What they fail with; an `Error` that says who was told to fail by default.
   * @throws `AuditError` `invalid_options`.
   */
  failNext(count = 1, error: Error = new Error("RecordingExporter was told to fail")): void {
    if (count !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(count) && count >= 0))
      throw new AuditError(
        "invalid_options",
        "count: expected a whole number that is not negative",
        {
          field: "count",
        },
      );
    this.#failures = count;
    this.#failure = error;
  }

  /** Forgets all records, attempts and failures to come. */
  reset(): void {
    this.#records = [];
    this.#attempts = 0;
    this.#failures = 0;
  }

  /** Part of `LogRecordExporter`; answers before it returns. */
  export(records: ReadableLogRecord[], resultCallback: (result: ExportResult) => void): void {
    this.#attempts++;
    const error = this.#refusal();
    if (error === undefined) for (const record of records) this.#records.push(frozenCopy(record));
    resultCallback(
      error === undefined
        ? { code: ExportResultCode.SUCCESS }
        : { code: ExportResultCode.FAILED, error },
    );
  }

  /** Part of `LogRecordExporter`; there is never anything to wait for. */
  async forceFlush(): Promise<void> {}

  /** Part of `LogRecordExporter`; later exports fail. What was recorded stays. */
  async shutdown(): Promise<void> {
    this.#closed = true;
  }

  #refusal(): Error | undefined {
    if (this.#closed) return new Error("RecordingExporter was shut down");
    if (this.#failures === 0) return undefined;
    this.#failures--;
    return this.#failure;
  }
}

/** Deep enough that nothing in it can change any more. */
function frozenCopy(record: ReadableLogRecord): ReadableLogRecord {
  const { hrTime, hrTimeObserved, spanContext, body, attributes, ...others } = snapshotOf(record);
  return Object.freeze({
    ...others,
    hrTime: structuredClone(hrTime),
    hrTimeObserved: structuredClone(hrTimeObserved),
    ...(spanContext !== undefined && { spanContext: { ...spanContext } }),
    ...(body !== undefined && { body: structuredClone(body) }),
    attributes: Object.freeze(structuredClone(attributes)),
  });
}
