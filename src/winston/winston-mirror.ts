import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { Logger } from "winston";
import { invalidOption } from "../errors.js";
import { LoggerMirror } from "../logger/logger-mirror.js";
import { type LoggerMirrorOptions, resolveOptions } from "../logger/options.js";
import { Feed, hiddenBy } from "./feed.js";

/** Options of {@link winstonMirror}. */
export type WinstonMirrorOptions = LoggerMirrorOptions;

/** Keys of a log line that winston itself uses. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  "level",
  "message",
  "splat",
  "exception",
  "__proto__",
]);

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
  const taken = (key: string): string | undefined =>
    RESERVED_KEYS.has(key) ? `winston itself uses "${key}"` : hiddenBy(logger, key);
  const resolved = resolveOptions(options, taken);
  return new LoggerMirror("winston", resolved, (losses) => new Feed(logger, losses, resolved.key));
}

/** Throws `AuditError` `invalid_options` for a value that is not a logger of winston 3. */
function checkLogger(logger: Logger): void {
  const given = logger as Partial<Logger> | null | undefined;
  const isLogger =
    typeof given?.log === "function" &&
    typeof given.on === "function" &&
    typeof given.levels === "object" &&
    Array.isArray(given.transports);
  if (!isLogger)
    throw invalidOption("logger", "expected a logger of winston 3, as createLogger() makes");
}
