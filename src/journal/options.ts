import { logIdOf } from "../entry/log-id.js";
import { invalidOption } from "../errors.js";
import { boolean, type Readers, readOptions, withDefault } from "../options.js";

/**
 * For how many days entries are kept at least: six months, as Article 26(6) of the EU AI Act
 * requires of deployers.
 */
export const DEFAULT_MINIMUM_RETENTION_DAYS = 184;

/** Options of `Journal.open`. */
export interface JournalOptions {
  /**
   * Only reads: takes no lock, writes nothing, and sees what another process appends.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * The id of the log, which C2SP tlog-checkpoint calls its origin: 1 to 255 bytes without white
   * space, "+" or control characters. A journal that exists has an id already. Another one is
   * refused.
   *
   * @defaultValue the id of the journal; {@link DEFAULT_LOG_ID}, "quorumlog", for a new one
   */
  readonly logId?: string | undefined;
  /**
   * For how many days `prune` keeps entries at least. Not negative.
   *
   * @defaultValue {@link DEFAULT_MINIMUM_RETENTION_DAYS}, 184
   */
  readonly minimumRetentionDays?: number | undefined;
}

/** {@link JournalOptions}, checked and with their defaults. */
export interface ResolvedJournalOptions {
  readonly readOnly: boolean;
  readonly logId: string | undefined;
  readonly minimumRetentionDays: number;
}

const READERS: Readers<ResolvedJournalOptions> = {
  readOnly: withDefault(false, boolean),
  logId: logIdOf,
  minimumRetentionDays: withDefault(DEFAULT_MINIMUM_RETENTION_DAYS, days),
};

/** Checks options, and fills in their defaults. Throws `invalid_options`. */
export function resolveJournalOptions(options: JournalOptions): ResolvedJournalOptions {
  return readOptions(options, READERS);
}

function days(value: unknown, field: string): number {
  if (typeof value !== "number" || !(Number.isFinite(value) && value >= 0))
    throw invalidOption(field, "expected a number of days that is not negative");
  return value;
}
