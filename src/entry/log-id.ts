import { invalidOption } from "../errors.js";

/** The name of a log that was not given one. */
export const DEFAULT_LOG_ID = "quorumlog";

/**
 * Checks the name of a log, which C2SP tlog-checkpoint calls its origin. Returns undefined where
 * none is given.
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

/**
 * The name of a log as a part of a file name. A name may have slashes, begin with dots, and so on.
 */
export function fileNameOf(logId: string): string {
  return (
    logId
      .replaceAll(/[^\w.-]+/g, "-")
      .replace(/^[.-]+/, "")
      .slice(0, 100) || "log"
  );
}
