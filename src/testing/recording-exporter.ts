import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { EXPORT_RESULT } from "../delivery/export-once.js";
import { snapshotOf } from "../delivery/spool.js";
import { invalidOption } from "../errors.js";

/**
 * A log record exporter that keeps copies of what it was given. The SDK's records stay writable
 * after they were exported, so an exporter that keeps the records themselves can show what nobody
 * sent.
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

  /** Copies of the records of all exports that succeeded, in the order of the exports. */
  get records(): readonly ReadableLogRecord[] {
    return this.#records;
  }

  /** Their bodies. The body of a sealed record is the canonical line. */
  get bodies(): readonly ReadableLogRecord["body"][] {
    return this.#records.map((record) => record.body);
  }

  /** How many exports were tried, including those that failed. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Makes the next exports fail, as if the backend were away. Their records are not kept.
   *
   * @param count - How many exports, counted from this call: 1 by default, `Infinity` until the
   * next call.
   * @param error - The error that they fail with. By default, an `Error` that says who was told to
   * fail.
   * @throws `AuditError` `invalid_options`.
   */
  failNext(count = 1, error: Error = new Error("RecordingExporter was told to fail")): void {
    if (count !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(count) && count >= 0))
      throw invalidOption("count", "expected a whole number that is not negative");
    this.#failures = count;
    this.#failure = error;
  }

  /** Forgets all records, attempts and failures to come. */
  reset(): void {
    this.#records = [];
    this.#attempts = 0;
    this.#failures = 0;
  }

  /** Part of `LogRecordExporter`. Answers before it returns. */
  export(
    records: ReadableLogRecord[],
    resultCallback: Parameters<LogRecordExporter["export"]>[1],
  ): void {
    this.#attempts++;
    const error = this.#refusal();
    if (error === undefined) for (const record of records) this.#records.push(frozenCopy(record));
    resultCallback(
      error === undefined ? { code: EXPORT_RESULT.SUCCESS } : { code: EXPORT_RESULT.FAILED, error },
    );
  }

  /** Part of `LogRecordExporter`. There is never anything to wait for. */
  async forceFlush(): Promise<void> {}

  /** Part of `LogRecordExporter`. Later exports fail. The records stay. */
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

/** A copy that is deep enough that nothing in it can change. */
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
