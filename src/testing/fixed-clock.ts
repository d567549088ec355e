import { invalidOption } from "../errors.js";

/** The first time of a {@link fixedClock} by default. */
export const DEFAULT_CLOCK_START = "2026-01-01T00:00:00.000Z";

/** A clock that moves only when it is told to. It fits the `clock` option of a log. */
export interface FixedClock {
  /** Reads the time, and moves the clock on by its step. */
  (): Date;
  /** Sets the next reading. Throws `invalid_options` for an invalid date. */
  set(date: Date | string): void;
  /**
   * Moves the clock by a whole number of milliseconds, back if negative. Throws `invalid_options`.
   */
  advance(millis: number): void;
}

/**
 * Makes a clock for tests, so that timestamps are the same in every run.
 *
 * @param start - The first reading, a `Date` or RFC 3339 text; {@link DEFAULT_CLOCK_START} by
 * default.
 * @param stepMillis - How far each reading moves the clock, in whole milliseconds. By default 0:
 * the clock stands still.
 * @throws `AuditError` `invalid_options`.
 *
 * @example Entries that are one second apart
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { fixedClock } from "quorumlog/testing";
 *
 * const clock = fixedClock("2026-04-14T12:00:00Z", 1000);
 * const audit = new GovernanceAuditLog({ clock });
 * audit.logNodeRemoved({ did: "did:pqaid:eve" }); // 2026-04-14T12:00:00.000Z
 * clock.advance(60_000);
 * audit.logNodeRemoved({ did: "did:pqaid:dave" }); // 2026-04-14T12:01:01.000Z
 * ```
 */
export function fixedClock(start: Date | string = DEFAULT_CLOCK_START, stepMillis = 0): FixedClock {
  let next = millisOf(start, "start");
  const step = wholeMillis(stepMillis, "stepMillis");
  const read = (): Date => {
    const now = new Date(next);
    next += step;
    return now;
  };
  return Object.assign(read, {
    set: (date: Date | string): void => {
      next = millisOf(date, "date");
    },
    advance: (millis: number): void => {
      next += wholeMillis(millis, "millis");
    },
  });
}

function millisOf(value: unknown, field: string): number {
  const millis =
    typeof value === "string" || value instanceof Date ? new Date(value).getTime() : Number.NaN;
  if (Number.isNaN(millis))
    throw invalidOption(field, "expected a valid Date, or text that is one");
  return millis;
}

function wholeMillis(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value))
    throw invalidOption(field, "expected a whole number of milliseconds");
  return value as number;
}
