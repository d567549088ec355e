import type { AuditEntry } from "../entry/audit-entry.js";
import { type Policy, policyOf } from "./facts/policy.js";
import type { Rule } from "./facts/rule.js";
import { type At, Fold } from "./fold.js";
import { Judge } from "./judge.js";
import { RULES } from "./rules/rules.js";
import { type GovernanceTrail, Trail } from "./trail.js";

/** How a trail is judged. */
export interface ReplayOptions {
  /**
   * The rules of the federation.
   *
   * @defaultValue an empty policy: what a policy would say is not judged
   */
  readonly policy?: Policy;
  /**
   * Rules of the app, beside those of Quorumlog.
   *
   * @defaultValue none
   */
  readonly rules?: readonly Rule[];
  /**
   * The moment to answer for. A number is "after this sequence". A `Date` takes the entries whose
   * `timestamp` is not later.
   *
   * @defaultValue after the newest entry
   */
  readonly at?: At;
  /**
   * How many entries the log has, if that is known. Entries that are missing at the end, or all of
   * them after a pruning, then count as missing.
   *
   * @defaultValue what comes is taken for all that there is
   */
  readonly length?: number;
}

/**
 * Folds the entries of one log, oldest first, and judges them.
 *
 * @param entries - From `audit.entries({ order: "oldest", limit: audit.length })`, an export, or
 * any array. Where entries are missing, answers that would need them are `unknown` or undetermined.
 * @throws `AuditError` `invalid_evidence` when sequences do not rise, `invalid_options` for a
 * policy that is not valid.
 *
 * @example Is the model authorized, and what breaks the rules?
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { replay } from "quorumlog/governance";
 *
 * const audit = new GovernanceAuditLog();
 * const trail = replay(audit.entries({ order: "oldest", limit: audit.length }));
 * console.log(trail.subject("did:pqaid:medical-ai-v2").authorized, trail.findings());
 * ```
 */
export function replay(
  entries: Iterable<AuditEntry>,
  options: ReplayOptions = {},
): GovernanceTrail {
  const { fold, trail } = begin(options);
  for (const entry of entries) fold.add(entry);
  fold.end(options.length);
  return trail;
}

/**
 * The same for entries that come one after the other. {@link entriesOf} gives those of any reader,
 * Loki's too, and {@link entriesOfLines} those of an export.
 *
 * @throws `AuditError` as `replay` does; what the source throws.
 *
 * @example What breaks the rules in an export
 * ```ts
 * import { open } from "node:fs/promises";
 * import { entriesOfLines, replayFrom } from "quorumlog/governance";
 *
 * await using file = await open("governance.ndjson");
 * const trail = await replayFrom(entriesOfLines(file.readLines()), {
 *   policy: { participation: "2/3", approval: { share: "2/3", of: "decided" } },
 * });
 * for (const { severity, rule, message } of trail.findings()) console.log(severity, rule, message);
 * ```
 */
export async function replayFrom(
  source: AsyncIterable<AuditEntry>,
  options: ReplayOptions = {},
): Promise<GovernanceTrail> {
  const { fold, trail } = begin(options);
  for await (const entry of source) fold.add(entry);
  fold.end(options.length);
  return trail;
}

function begin({ policy = {}, rules = [], at }: ReplayOptions) {
  const checked = policyOf(policy);
  const judge = new Judge([...RULES, ...rules], checked);
  const fold = new Fold(checked, judge, at);
  const hasOwnReviews = rules.some(
    ({ review, reviewDoubleVote, reviewFlag }) => review ?? reviewDoubleVote ?? reviewFlag,
  );
  return { fold, trail: new Trail(fold, judge, hasOwnReviews) };
}
