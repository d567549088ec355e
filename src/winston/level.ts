import { SeverityNumber } from "@opentelemetry/api";

/** Names of a level by rank: 0 for errors, 1 for warnings, 2 for information; the usual ones first. */
const NAMES: readonly (readonly string[])[] = [
  ["error", "err", "critical", "crit", "fatal", "alert", "emerg", "severe"],
  ["warn", "warning", "notice"],
  ["info", "information", "informational", "notice", "log"],
];

/**
 * The level of a logger that fits a severity: by name, whatever its case, else by rank (the most important level of the
 * set for an error, the next for a warning, the one after for information).
 *
 * @param levels - The logger's: names to numbers, where 0 matters most.
 * @returns Always a level of the set, since winston drops what has another; undefined for an empty set.
 */
export function levelFor(
  levels: Readonly<Record<string, number>>,
  severity: SeverityNumber | undefined,
): string | undefined {
  const rank = rankOf(severity);
  const own = Object.keys(levels);
  for (const name of NAMES[rank] ?? []) {
    const found =
      own.find((level) => level === name) ?? own.find((level) => level.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  const byImportance = own.sort((a, b) => (levels[a] ?? 0) - (levels[b] ?? 0));
  return byImportance[Math.min(rank, byImportance.length - 1)];
}

function rankOf(severity: SeverityNumber | undefined): number {
  if (severity === undefined || severity < SeverityNumber.WARN) return 2;
  return severity < SeverityNumber.ERROR ? 1 : 0;
}
