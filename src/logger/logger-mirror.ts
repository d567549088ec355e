import type { AuditMirror } from "../delivery/audit-mirror.js";
import { DEFAULT_FLUSH_TIMEOUT_MILLIS, type FlushOptions } from "../delivery/flush.js";
import type { ErrorListener } from "../delivery/reporter.js";
import type { ReadWriteLogRecord } from "../record/log-record.js";
import { ATTR_GOVERNANCE_LOG_ID } from "../semconv.js";
import {
  type CheckpointFields,
  checkpointFields,
  type GovernanceFields,
  governanceFields,
} from "./entry-fields.js";
import { chosenLevel, type Levels, levelFor } from "./level.js";
import { Losses } from "./losses.js";
import { checkpointMessageOf, messageOf } from "./message.js";
import type { ResolvedLoggerOptions } from "./options.js";

/** How many records may wait for a logger. Further ones are lost, and reported. */
export const MAX_WAITING = 65_536;

/** A line for the app's logger. */
export interface Line {
  readonly level: string;
  readonly message: string;
  /** The key of the options, and the fields under it. */
  readonly data: Readonly<Record<string, GovernanceFields | CheckpointFields>>;
}

/** The app's logger, as a mirror uses it. */
export interface LineWriter {
  /** The levels that the logger has now. */
  levels(): Levels;
  /** Writes a line. Never throws: a line that is lost is reported. */
  write(line: Line): void;
  /**
   * Waits until every line is written, as far as the logger tells.
   *
   * @throws `AuditError` `delivery_failed` at the deadline, or if a record was lost since the last
   * flush.
   */
  flush(timeoutMillis: number): Promise<void>;
  /**
   * Does the same, and ends the writing.
   *
   * @throws `AuditError` `delivery_failed` at the deadline, or if a record was ever lost.
   */
  close(timeoutMillis: number): Promise<void>;
}

/** A mirror that writes each sealed record to the app's logger. It ignores other records. */
export class LoggerMirror implements AuditMirror {
  readonly name: string;
  readonly #options: ResolvedLoggerOptions;
  readonly #losses: Losses;
  readonly #writer: LineWriter;
  #shutdown: Promise<void> | undefined;

  /**
   * @param name - The library of the logger.
   * @param open - Makes the writer, which reports what it loses.
   */
  constructor(name: string, options: ResolvedLoggerOptions, open: (losses: Losses) => LineWriter) {
    this.name = name;
    this.#options = options;
    this.#losses = new Losses(name, options.onError);
    this.#writer = open(this.#losses);
  }

  reportTo(onError: ErrorListener): void {
    this.#losses.reportTo(onError);
  }

  onEmit(record: ReadWriteLogRecord): void {
    if (this.#shutdown !== undefined || record.attributes[ATTR_GOVERNANCE_LOG_ID] === undefined)
      return;
    const fields = checkpointFields(record) ?? governanceFields(record);
    if (fields === undefined) {
      this.#losses.lose("the body of a sealed record is not a canonical line");
      return;
    }
    const level = this.#levelOf(record);
    if (level === undefined) {
      this.#losses.lose("the logger has no levels");
      return;
    }
    this.#writer.write({
      level,
      message: "note" in fields ? checkpointMessageOf(fields) : messageOf(fields),
      data: { [this.#options.key]: fields },
    });
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    return (
      this.#shutdown ?? this.#writer.flush(options?.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS)
    );
  }

  shutdown(options?: FlushOptions): Promise<void> {
    this.#shutdown ??= this.#writer.close(options?.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS);
    return this.#shutdown;
  }

  #levelOf(record: ReadWriteLogRecord): string | undefined {
    const levels = this.#writer.levels();
    const { level: choose } = this.#options;
    const chosen =
      choose === undefined ? undefined : chosenLevel(choose, record, levels, this.#losses);
    return chosen ?? levelFor(levels, record.severityNumber);
  }
}
