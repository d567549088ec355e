import type { MemberFacts, Membership } from "./members.js";
import type { Policy } from "./policy.js";
import type { CastVote, ProposalFacts, Result } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";

/** The moment whose weights count. */
export type Moment = NonNullable<Policy["membershipAt"]>;

/** Which vote of a voter counts. */
export type Choice = "exclude" | "first" | "last";

/** All of them. */
export const MOMENTS: readonly Moment[] = ["vote", "proposal", "decision"];

/** The moments whose weights may count: several where members changed and the policy names none. */
export function momentsOf(
  file: ProposalFacts,
  { sequence }: Result,
  { members, policy }: TrailFacts,
): readonly Moment[] {
  if (policy.membershipAt !== undefined) return [policy.membershipAt];
  const began = file.creation?.sequence ?? 0;
  return members.changedBetween(began, sequence) ? MOMENTS : ["vote"];
}

/** The weight of a vote: 0 of a stranger's, undefined where the trail cannot show it. */
export function weightOf(
  { voter, sequence }: CastVote,
  moment: Moment,
  file: ProposalFacts,
  decidedAt: number,
  members: MemberFacts,
): number | undefined {
  const began = file.creation?.sequence ?? 0;
  const at = moment === "proposal" ? began : moment === "decision" ? decidedAt : sequence;
  return members.weightBefore(voter, at);
}

/**
 * Whether a vote was cast by a member, as of the vote: what came after it changes nothing. The
 * trail cannot show which votes a delegation covers.
 */
export function membershipOf(
  { voter, sequence, hasDelegation }: CastVote,
  { members }: TrailFacts,
): Membership {
  const membership = members.membershipBefore(voter, sequence);
  return membership === "stranger" && hasDelegation ? "unknown" : membership;
}

/** The votes of a voter of which each may be the one that counts. */
export function choicesOf(isFlagged: boolean, policy: Policy): readonly Choice[] {
  if (isFlagged)
    return policy.conflictingVotes === undefined
      ? ["exclude", "first", "last"]
      : [policy.conflictingVotes];
  return policy.changedVotes === undefined ? ["last", "first"] : [policy.changedVotes];
}
