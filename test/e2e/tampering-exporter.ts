import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";

/** Exports all records but sequence 7, and changes the decision in the line of sequence 9. */
export class TamperingExporter implements LogRecordExporter {
  readonly #exporter: LogRecordExporter;

  constructor(url: string) {
    this.#exporter = new OTLPLogExporter({ url });
  }

  export(records: ReadableLogRecord[], done: Parameters<LogRecordExporter["export"]>[1]): void {
    const sequenceOf = ({ attributes }: ReadableLogRecord) => attributes["governance.sequence"];
    const passed = records
      .filter((record) => sequenceOf(record) !== 7)
      .map((record) =>
        sequenceOf(record) === 9
          ? {
              ...record,
              body: String(record.body).replace(/"decision":"\w+"/, '"decision":"forged"'),
            }
          : record,
      );
    this.#exporter.export(passed, done);
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
