import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { listenerOf } from "../delivery/reporter.js";
import { type AuditError, invalidOption } from "../errors.js";
import { callback, optional, readOptions, text, withDefault } from "../options.js";

/** The default of {@link LoggerMirrorOptions.key}. */
export const DEFAULT_KEY = "governance";

/** Options of a mirror that writes to the app's logger. */
export interface LoggerMirrorOptions {
  /**
   * The key of a log line that holds the fields of the entry.
   *
   * @defaultValue {@link DEFAULT_KEY}, "governance"
   */
  readonly key?: string | undefined;
  /**
   * Chooses the level of a record, which must be one of the logger's levels. If it throws or
   * returns anything else, the mirror reports that and writes the record at the level of its
   * severity.
   *
   * @defaultValue by severity: `info`, `warn` or `error`, or the nearest one of the logger's levels
   */
  readonly level?: ((record: ReadableLogRecord) => string) | undefined;
  /**
   * Called with each failure until an audit log takes the mirror over. After that, the log's own
   * `onError` is called.
   *
   * @defaultValue warnings of the process: the first failure, then one warning a minute with a
   * count
   */
  readonly onError?: ((error: AuditError) => void) | undefined;
}

/** Options with their defaults. */
export interface ResolvedLoggerOptions {
  readonly key: string;
  readonly level: ((record: ReadableLogRecord) => string) | undefined;
  readonly onError: (error: AuditError) => void;
}

/**
 * Checks options and fills in their defaults.
 *
 * @param taken - Says why a key is not free, if it is not.
 * @throws `AuditError` `invalid_options` naming the option, an unknown one too.
 */
export function resolveOptions(
  options: LoggerMirrorOptions,
  taken: (key: string) => string | undefined,
): ResolvedLoggerOptions {
  return readOptions<ResolvedLoggerOptions>(options, {
    key: (value, field) => {
      const key = withDefault(DEFAULT_KEY, text)(value, field);
      const reason = taken(key);
      if (reason !== undefined) throw invalidOption(field, reason);
      return key;
    },
    level: optional(callback()),
    onError: listenerOf,
  });
}
