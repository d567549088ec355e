import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { SEVERITY, type SeverityNumber } from "../record/log-record.js";
import { quoted } from "../text/safe-text.js";
import type { Losses } from "./losses.js";

/** The levels of a logger. */
export interface Levels {
  readonly names: readonly string[];
  /** Whether a level is as important as another one, or more. */
  isAtLeast(level: string, other: string): boolean;
}

/**
 * Names of levels by rank: 0 for errors, 1 for warnings, 2 for information. The usual names come
 * first.
 */
const LEVEL_NAMES: readonly (readonly string[])[] = [
  ["error", "err", "critical", "crit", "fatal", "alert", "emerg", "severe"],
  ["warn", "warning", "notice"],
  ["info", "information", "informational", "notice", "log"],
];

/**
 * Chooses the level of a logger that fits a severity: by name, in any case, else by rank. The rank
 * of an error is the most important level of the set, then follow warnings and information.
 *
 * @returns Always a level of the set, since a logger drops a line with another level. Undefined for
 * an empty set.
 */
export function levelFor(
  { names, isAtLeast }: Levels,
  severity: SeverityNumber | undefined,
): string | undefined {
  const rank = rankOf(severity);
  for (const name of LEVEL_NAMES[rank] ?? []) {
    const found =
      names.find((level) => level === name) ?? names.find((level) => level.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  const byImportance = names.toSorted((a, b) => Number(isAtLeast(b, a)) - Number(isAtLeast(a, b)));
  return byImportance[Math.min(rank, byImportance.length - 1)];
}

function rankOf(severity: SeverityNumber | undefined): number {
  if (severity === undefined || severity < SEVERITY.WARN) return 2;
  return severity < SEVERITY.ERROR ? 1 : 0;
}

/**
 * What the `level` option chooses, if the logger knows that level. Otherwise, the choice is
 * reported.
 */
export function chosenLevel(
  choose: (record: ReadableLogRecord) => string,
  record: ReadableLogRecord,
  { names }: Levels,
  losses: Losses,
): string | undefined {
  let level: unknown;
  try {
    level = choose(record);
  } catch (cause) {
    losses.report("the level option threw", cause);
    return undefined;
  }
  if (typeof level === "string" && names.includes(level)) return level;
  const chosen = typeof level === "string" ? quoted(level) : `a ${typeof level}`;
  losses.report(`the level option chose ${chosen}, not one of ${names.join(", ")}`);
  return undefined;
}
