import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { LoggerMirror } from "../logger/logger-mirror.js";
import { type LoggerMirrorOptions, resolveOptions } from "../logger/options.js";
import { OpenedLogger, type PinoLogger } from "./opened-logger.js";
import { PinoWriter } from "./pino-writer.js";

/** Options of {@link pinoMirror}. */
export type PinoMirrorOptions = LoggerMirrorOptions;

/**
 * Makes a mirror that writes each sealed record to a logger of pino 8, 9 or 10: the level by
 * severity, a message in words, and the whole entry as an object under one key. It ignores other
 * records.
 *
 * pino has the line before the helper returns. Serializers, redaction, mixin, formatters and hooks
 * of the logger see it as they see any line.
 *
 * No failure reaches the app. An error that a hook, a serializer or a destination throws, and every
 * `error` event of a destination, goes to the log's `onError` as `delivery_failed`. For that, the
 * mirror listens to the destinations until its shutdown. So a failure of the app's own lines is
 * reported there too; without a listener it would end the process. A record is lost, and reported,
 * if the destination is closed or drops the line, or if 65 536 records wait for a destination that
 * is full.
 *
 * A flush or a shutdown waits until the destination holds nothing more: the buffer of
 * `pino.destination()` or of a stream is written, and the worker of a transport has read every line
 * and has flushed its own destination, where that can be flushed. It rejects if a record was lost,
 * or if a destination failed since the last flush.
 *
 * The mirror cannot know four things:
 *
 * - If the level of the logger or of a target excludes a record, or a `logMethod` hook drops it,
 *   pino leaves the record out, as any line.
 * - What a transport does with the lines that its worker has read: a request, a file on a full
 *   disk.
 * - If a destination that is no stream, but an object with `write`, has written the line.
 * - A destination with `sync: true` blocks the process while its pipe is full. That is what the
 *   option asks for.
 *
 * `shutdown` leaves the logger and its destination open, since they belong to the app.
 *
 * @param logger - Any logger or child logger, with its own options and destination.
 * @throws `AuditError` `invalid_options`.
 *
 * @example Into the app's own logger
 * ```ts
 * import { pino } from "pino";
 * import { GovernanceAuditLog } from "quorumlog";
 * import { pinoMirror } from "quorumlog/pino";
 *
 * const logger = pino();
 * const audit = new GovernanceAuditLog({ mirrors: [pinoMirror(logger)] });
 * ```
 */
export function pinoMirror(
  logger: PinoLogger,
  options: PinoMirrorOptions = {},
): LogRecordProcessor {
  const opened = new OpenedLogger(logger);
  const resolved = resolveOptions(options, (key) => opened.takenBy(key));
  return new LoggerMirror("pino", resolved, (losses) => new PinoWriter(opened, losses));
}
