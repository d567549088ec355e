import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { Logger } from "winston";
import type { AuditMirror } from "../delivery/audit-mirror.js";
import { DEFAULT_FLUSH_TIMEOUT_MILLIS, type FlushOptions } from "../delivery/flush.js";
import { type ErrorListener, reporterTo } from "../delivery/reporter.js";
import { AuditError } from "../errors.js";
import type { ReadWriteLogRecord } from "../record/log-record.js";
import { ATTR_GOVERNANCE_LOG_ID } from "../semconv.js";
import { quoted } from "../text/safe-text.js";
import { Feed } from "./feed.js";
import { checkpointFields, type GovernanceFields, governanceFields } from "./governance-fields.js";
import { checkpointMessageOf, levelFor, messageOf } from "./message.js";
import {
  checkLogger,
  type ResolvedWinstonOptions,
  resolveOptions,
  type WinstonMirrorOptions,
} from "./options.js";

/**
 * Makes a mirror that writes each sealed record to a logger of winston 3: the level by severity, a
 * message in words, and the whole entry as metadata under one key. It ignores other records.
 *
 * No failure reaches the app. An error that a format or a transport throws, and every `error` or
 * `warn` event of the logger, goes to the log's `onError` as `delivery_failed`. For that, the
 * mirror listens to the logger until its shutdown. So a failure of the app's own lines is reported
 * there too; without a listener it would end the process.
 *
 * The mirror hands over a record when winston is idle: done with the record before and with the
 * app's own lines. Most transports call back at once, so winston has the record before the helper
 * returns. A transport that never calls back holds up the records for all transports. Up to 65 536
 * records wait; further records are reported as lost.
 *
 * The mirror cannot know three things:
 *
 * - If the level of a logger or a transport excludes a record, winston leaves the record out, as
 *   any line.
 * - A flush waits until every transport has called back. It cannot see what a transport does after
 *   that: an HTTP request, the buffer of a stream, or a File transport on a full disk, which loses
 *   lines without an event.
 * - A transport that emitted an `error` event gets further lines. But winston has called its
 *   `close()`: it forgets the logger's level, and a File transport throws on every line. Replace
 *   such a transport in the logger.
 *
 * `shutdown` leaves the logger open, since it belongs to the app.
 *
 * @param logger - Any logger or child logger, with its own formats, levels and transports.
 * @throws `AuditError` `invalid_options`.
 *
 * @example Into the app's own logger
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { winstonMirror } from "quorumlog/winston";
 * import { createLogger, transports } from "winston";
 *
 * const logger = createLogger({ transports: [new transports.Console()] });
 * const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
 * ```
 */
export function winstonMirror(
  logger: Logger,
  options: WinstonMirrorOptions = {},
): LogRecordProcessor {
  checkLogger(logger);
  return new WinstonMirror(logger, resolveOptions(options));
}

class WinstonMirror implements AuditMirror {
  readonly name = "winston";
  readonly #logger: Logger;
  readonly #options: ResolvedWinstonOptions;
  readonly #feed: Feed;
  #report: ErrorListener;
  #shutdown: Promise<void> | undefined;

  constructor(logger: Logger, options: ResolvedWinstonOptions) {
    this.#logger = logger;
    this.#options = options;
    this.#report = reporterTo(options.onError);
    // winston would take an error of this listener for a failure of the line
    this.#feed = new Feed(logger, (error) => this.#report(error));
  }

  reportTo(onError: ErrorListener): void {
    this.#report = reporterTo(onError);
  }

  onEmit(record: ReadWriteLogRecord): void {
    if (this.#shutdown !== undefined || record.attributes[ATTR_GOVERNANCE_LOG_ID] === undefined)
      return;
    const checkpoint = checkpointFields(record);
    const fields = checkpoint ?? governanceFields(record);
    if (fields === undefined) {
      this.#feed.lose("the body of a sealed record is not a canonical line");
      return;
    }
    const message =
      checkpoint === undefined
        ? messageOf(fields as GovernanceFields)
        : checkpointMessageOf(checkpoint);
    const level = this.#chosenLevel(record) ?? levelFor(this.#logger.levels, record.severityNumber);
    if (level === undefined) this.#feed.lose("the logger has no levels");
    else this.#feed.write({ level, message, [this.#options.key]: fields });
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    return (
      this.#shutdown ?? this.#feed.flush(options?.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS)
    );
  }

  shutdown(options?: FlushOptions): Promise<void> {
    this.#shutdown ??= this.#feed.close(options?.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS);
    return this.#shutdown;
  }

  /** What the option says, if the logger knows that level. */
  #chosenLevel(record: ReadWriteLogRecord): string | undefined {
    if (this.#options.level === undefined) return undefined;
    let level: unknown;
    try {
      level = this.#options.level(record);
    } catch (cause) {
      this.#report(new AuditError("delivery_failed", "winston: the level option threw", { cause }));
      return undefined;
    }
    if (typeof level === "string" && Object.hasOwn(this.#logger.levels, level)) return level;
    const chosen = typeof level === "string" ? quoted(level) : `a ${typeof level}`;
    const known = Object.keys(this.#logger.levels).join(", ");
    this.#report(
      new AuditError(
        "delivery_failed",
        `winston: the level option chose ${chosen}, not one of ${known}`,
      ),
    );
    return undefined;
  }
}
