import { counted, quoted } from "../../text/safe-text.js";
import type { MemberFacts } from "./members.js";
import type { Policy } from "./policy.js";
import type { CastVote, ProposalFacts, Result } from "./proposal-facts.js";

/** The weights of a result. */
export interface Tally {
  readonly approve: number;
  readonly reject: number;
  readonly abstain: number;
  /** The weight of all members. */
  readonly total: number;
}

/** Whether the weights of a result are those of the recorded votes. */
export type TallyCheck =
  | { readonly status: "kept"; readonly tally: Tally }
  | { readonly status: "violated" | "undetermined"; readonly reason: string };

type Moment = NonNullable<Policy["membershipAt"]>;
type Choice = "exclude" | "first" | "last";

const MOMENTS: readonly Moment[] = ["vote", "proposal", "decision"];

/**
 * Compares a result with the votes that were recorded before it. Where the policy does not say
 * which votes of a voter count, a result is kept if one of the ways gives its weights. Where
 * members changed meanwhile and the policy names no moment, every moment must give them.
 */
export function checkTally(
  file: ProposalFacts,
  result: Result,
  members: MemberFacts,
  policy: Policy,
): TallyCheck {
  const { approve, reject, abstain, total, sequence } = result;
  if (approve === undefined || reject === undefined || abstain === undefined || total === undefined)
    return undetermined("the result does not record all of its weights");
  if (file.creation === undefined) return undetermined("the entry of the proposal is missing");
  const recorded: Tally = { approve, reject, abstain, total };
  const before = file.votes.filter((vote) => vote.sequence < sequence);
  const selections = selectionsOf(file, result, before, policy);
  if (typeof selections === "string") return { status: "violated", reason: selections };
  if (!members.isRecorded) return undetermined("the trail records no nodes, so no weights");
  const isAmbiguous =
    policy.membershipAt === undefined && members.changedBetween(file.creation.sequence, sequence);
  const moments = isAmbiguous ? MOMENTS : [policy.membershipAt ?? "vote"];
  let nearest: Tally | undefined;
  let keptAt = 0;
  for (const moment of moments) {
    const tallies = selections.map((votes) => tallyOf(votes, moment, file, sequence, members));
    if (tallies.some((tally) => tally === undefined))
      return undetermined("the trail does not hold the weight of every voter");
    nearest ??= tallies[0];
    if (tallies.some((tally) => tally !== undefined && isSame(tally, recorded))) keptAt++;
  }
  if (keptAt === moments.length) return { status: "kept", tally: recorded };
  if (isAmbiguous)
    return undetermined(
      "members changed between proposal and result, and the policy does not say which weights " +
        "count (membershipAt)",
    );
  return {
    status: "violated",
    reason: `the result says ${inWords(recorded)}; the recorded votes give ${inWords(nearest)}`,
  };
}

/** Compares weights, which may be sums of fractions. */
export function isSameWeight(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-12 * Math.max(1, Math.abs(one), Math.abs(other));
}

/** The votes that may have been counted: one selection, or one for each way; else what is wrong. */
function selectionsOf(
  file: ProposalFacts,
  { counted: ids, voteCount, sequence }: Result,
  before: readonly CastVote[],
  policy: Policy,
): readonly (readonly CastVote[])[] | string {
  if (ids !== undefined) return namedVotes(ids, before);
  if (voteCount !== undefined && voteCount > before.length)
    return (
      `the result counts ${counted(voteCount, "vote")}, ` +
      `but the log holds ${before.length} before it`
    );
  const conflicting: readonly Choice[] =
    policy.conflictingVotes === undefined
      ? ["exclude", "first", "last"]
      : [policy.conflictingVotes];
  const changed: readonly Choice[] =
    policy.changedVotes === undefined ? ["last", "first"] : [policy.changedVotes];
  const byVoter = Map.groupBy(before, ({ voter }) => voter);
  if (byVoter.size === before.length && file.flags.length === 0) return [before];
  return conflicting.flatMap((ofFlagged) =>
    changed.map((ofOthers) =>
      [...byVoter].flatMap(([voter, votes]) =>
        chosen(votes, file.isFlagged(voter, sequence) ? ofFlagged : ofOthers),
      ),
    ),
  );
}

function namedVotes(
  ids: readonly string[],
  before: readonly CastVote[],
): readonly (readonly CastVote[])[] | string {
  const byId = new Map(before.map((vote) => [vote.voteId, vote]));
  const votes: CastVote[] = [];
  const voters = new Set<string>();
  for (const id of ids) {
    const vote = byId.get(id);
    if (vote === undefined)
      return `the result counts the vote ${quoted(id)}, which is not in the log`;
    if (voters.has(vote.voter)) return `the result counts two votes of ${quoted(vote.voter)}`;
    voters.add(vote.voter);
    votes.push(vote);
  }
  return [votes];
}

function chosen(votes: readonly CastVote[], choice: Choice): readonly CastVote[] {
  if (choice === "exclude") return [];
  if (votes.length === 1) return votes;
  const vote = votes.at(choice === "first" ? 0 : -1);
  return vote === undefined ? [] : [vote];
}

function tallyOf(
  votes: readonly CastVote[],
  moment: Moment,
  file: ProposalFacts,
  decidedBy: number,
  members: MemberFacts,
): Tally | undefined {
  const began = file.creation?.sequence ?? 0;
  const sums: Record<string, number> = { approve: 0, reject: 0, abstain: 0 };
  for (const { voter, decision, sequence } of votes) {
    const at = moment === "proposal" ? began : moment === "decision" ? decidedBy : sequence;
    const weight = members.weightBefore(voter, at);
    if (weight === undefined) return undefined;
    sums[decision] = (sums[decision] ?? 0) + weight;
  }
  const total = members.totalBefore(moment === "proposal" ? began : decidedBy);
  if (total === undefined) return undefined;
  const { approve = 0, reject = 0, abstain = 0 } = sums;
  return { approve, reject, abstain, total };
}

function isSame(one: Tally, other: Tally): boolean {
  return (
    isSameWeight(one.approve, other.approve) &&
    isSameWeight(one.reject, other.reject) &&
    isSameWeight(one.abstain, other.abstain) &&
    isSameWeight(one.total, other.total)
  );
}

function inWords(tally: Tally | undefined): string {
  if (tally === undefined) return "nothing";
  const { approve, reject, abstain, total } = tally;
  return `approve ${approve}, reject ${reject}, abstain ${abstain} of ${total}`;
}

function undetermined(reason: string): TallyCheck {
  return { status: "undetermined", reason };
}
