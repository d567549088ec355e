import { invalidOption } from "../errors.js";

/** What a log is called unless it is given a name. */
export const DEFAULT_LOG_ID = "quorumlog";

/**
 * The name of a log, its origin in the terms of C2SP tlog-checkpoint; undefined where none is
 * given.
 *
 * @param value - Untrusted; 1 to 255 bytes without white space, "+" or control characters.
 * @throws {@link AuditError} `invalid_options`.
 */
export function logIdOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !value.isWellFormed() || /[\s+\p{Cc}]/u.test(value))
    throw invalidOption(
      "logId",
      'expected a string without white space, "+" or control characters',
    );
  const bytes = Buffer.byteLength(value);
  if (bytes < 1 || bytes > 255) throw invalidOption("logId", "expected 1 to 255 bytes");
  return value;
}
