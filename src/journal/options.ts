import { logIdOf } from "../entry/log-id.js";
import { AuditError, invalidOption } from "../errors.js";
import { boolean, type OptionReaders, readOptions, withDefault } from "../options.js";

/** How many days entries are kept at the least: six months, as Article 26(6) of the EU AI Act asks of deployers. */
export const DEFAULT_MINIMUM_RETENTION_DAYS = 184;

/** Options of `Journal.open`. */
export interface JournalOptions {
  /**
   * Reads alone: takes no lock, writes nothing, sees what another process appends.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * Names the log (its origin, in the terms of C2SP tlog-checkpoint): 1 to 255 bytes without white space, "+" or
   * control characters. A journal that exists has its name already; another one is refused.
   *
   * @defaultValue the journal's own; {@link DEFAULT_LOG_ID}, "quorumlog", for a new one
   */
  readonly logId?: string | undefined;
  /**
   * What `prune` never goes below, in days. Not negative.
   *
   * @defaultValue {@link DEFAULT_MINIMUM_RETENTION_DAYS}, 184
   */
  readonly minimumRetentionDays?: number | undefined;
}

/** Options with their defaults. */
export interface ResolvedJournalOptions {
  readonly readOnly: boolean;
  readonly logId: string | undefined;
  readonly minimumRetentionDays: number;
}

const READERS: OptionReaders<ResolvedJournalOptions> = {
  readOnly: withDefault(false, boolean),
  logId: logIdOf,
  minimumRetentionDays: withDefault(DEFAULT_MINIMUM_RETENTION_DAYS, days),
};

/** Checks options and fills in their defaults. Throws `invalid_options`. */
export function resolveJournalOptions(options: JournalOptions): ResolvedJournalOptions {
  return readOptions(options, READERS);
}

function days(value: unknown, field: string): number {
  if (typeof value !== "number" || !(Number.isFinite(value) && value >= 0))
    throw invalidOption(field, "expected a number of days that is not negative");
  return value;
}

/** Throws `invalid_options` when something is no path of a file. */
export function assertFilePath(path: unknown, field: string): asserts path is string {
  if (
    typeof path !== "string" ||
    path === "" ||
    path.includes("\0") ||
    /^(?::memory:|file:)/.test(path)
  )
    throw invalidOption(field, "expected the path of a file");
}

/** The name of a mirror as the outbox keys it. Throws `invalid_options`. */
export function assertMirrorName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "" || name.includes("\0") || !name.isWellFormed())
    throw invalidOption("mirror", "expected the name of a mirror, a string that is not empty");
}

/** Throws `invalid_options`: the journal has another log id than was asked for. */
export function refuseLogId(asked: string, own: string): AuditError {
  return new AuditError(
    "invalid_options",
    `logId: the journal belongs to the log "${own}", not "${asked}"; leave the option out or open another file`,
    { field: "logId" },
  );
}
