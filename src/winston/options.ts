import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Logger } from "winston";
import { listenerOf } from "../delivery/reporter.js";
import { type AuditError, invalidOption } from "../errors.js";
import { callback, optional, type Readers, readOptions, text, withDefault } from "../options.js";

/** The default of {@link WinstonMirrorOptions.key}. */
export const DEFAULT_KEY = "governance";

/** Options of {@link winstonMirror}. */
export interface WinstonMirrorOptions {
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
export interface ResolvedWinstonOptions {
  readonly key: string;
  readonly level: ((record: ReadableLogRecord) => string) | undefined;
  readonly onError: (error: AuditError) => void;
}

/** Keys of a log line that winston itself uses. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  "level",
  "message",
  "splat",
  "exception",
  "__proto__",
]);

const READERS: Readers<ResolvedWinstonOptions> = {
  key: withDefault(DEFAULT_KEY, freeKey),
  level: optional(callback()),
  onError: listenerOf,
};

/**
 * Checks options and fills in their defaults.
 *
 * @throws `AuditError` `invalid_options` naming the option, an unknown one too.
 */
export function resolveOptions(options: WinstonMirrorOptions): ResolvedWinstonOptions {
  return readOptions(options, READERS);
}

function freeKey(value: unknown, field: string): string {
  const key = text(value, field);
  if (RESERVED_KEYS.has(key)) throw invalidOption(field, `winston itself uses "${key}"`);
  return key;
}

/** Throws `AuditError` `invalid_options` for a value that is not a logger of winston 3. */
export function checkLogger(logger: Logger): void {
  const given = logger as Partial<Logger> | null | undefined;
  const isLogger =
    typeof given?.log === "function" &&
    typeof given.on === "function" &&
    typeof given.levels === "object" &&
    Array.isArray(given.transports);
  if (!isLogger)
    throw invalidOption("logger", "expected a logger of winston 3, as createLogger() makes");
}
