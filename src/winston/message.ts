import { SEVERITY, type SeverityNumber } from "../record/log-record.js";
import { word } from "../text/safe-text.js";
import type { CheckpointFields, GovernanceFields } from "./governance-fields.js";

/**
 * Says an entry in one line: `vote_cast approve by did:pqaid:bob on urn:pqc-gov-prop:7f3a`.
 *
 * Every value is one word of the line. A value that is not one word is quoted as JSON, so that it
 * cannot break the line, colour a terminal, or pass for words of the message.
 */
export function messageOf(fields: GovernanceFields): string {
  const words = [fields.operation];
  const add = (value: unknown, preposition?: string): void => {
    if (typeof value !== "string" || value === "") return;
    if (preposition !== undefined) words.push(preposition);
    words.push(word(value));
  };
  add(fields.decision);
  add(fields.kind);
  if (fields.operation === "byzantine_detected") {
    add(fields.details["prior_decision"]);
    add(fields.details["conflicting_decision"], "then");
  }
  add(fields.subjectId, "for");
  // the only name is the node's own: it was added, it did not add
  const isNode = fields.operation === "node_added" || fields.operation === "node_removed";
  add(fields.actorDid, isNode ? undefined : "by");
  add(fields.proposalId, "on");
  return words.join(" ");
}

/** Says a checkpoint in one line: `checkpoint of 1000 entries of acme.example/governance`. */
export function checkpointMessageOf({ operation, size, logId }: CheckpointFields): string {
  return `${operation} of ${size} entries of ${word(logId)}`;
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
 * @param levels - The logger's levels: names and numbers, where 0 is the most important.
 * @returns Always a level of the set, since winston drops a line with another level. Undefined for
 * an empty set.
 */
export function levelFor(
  levels: Readonly<Record<string, number>>,
  severity: SeverityNumber | undefined,
): string | undefined {
  const rank = rankOf(severity);
  const own = Object.keys(levels);
  for (const name of LEVEL_NAMES[rank] ?? []) {
    const found =
      own.find((level) => level === name) ?? own.find((level) => level.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  const byImportance = own.sort((a, b) => (levels[a] ?? 0) - (levels[b] ?? 0));
  return byImportance[Math.min(rank, byImportance.length - 1)];
}

function rankOf(severity: SeverityNumber | undefined): number {
  if (severity === undefined || severity < SEVERITY.WARN) return 2;
  return severity < SEVERITY.ERROR ? 1 : 0;
}
