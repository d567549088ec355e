import { counted as countOf, quoted } from "../../text/safe-text.js";
import type { MemberFacts, Membership } from "./members.js";
import type { Policy } from "./policy.js";
import type { CastVote, ProposalFacts, Result } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";
import { spanOf, timelinessOf } from "./timeliness.js";

/** The moment whose weights count. */
export type Moment = NonNullable<Policy["membershipAt"]>;

/** What is wrong with the votes that a result counts, or cannot be told. */
export interface CountingFault {
  readonly status: "violated" | "undetermined";
  readonly reason: string;
  /** The votes that it is about. */
  readonly sequences: readonly number[];
}

/** The votes that a result may have counted. */
export interface Counting {
  /** One list for each way of counting that the policy allows; of named votes, that one. */
  readonly ways: readonly (readonly CastVote[])[];
  readonly fault: CountingFault | undefined;
  /** False where votes may be among entries that are missing. */
  readonly isWhole: boolean;
}

type Choice = "exclude" | "first" | "last";

const MOMENTS: readonly Moment[] = ["vote", "proposal", "decision"];

/**
 * Finds the votes that a result may have counted, of those that were recorded before it. A result
 * that names its votes must name each vote that is in time and of a member.
 */
export function countingOf(file: ProposalFacts, result: Result, facts: TrailFacts): Counting {
  const { creation } = file;
  const isWhole = creation !== undefined && facts.isCompleteSince(creation.sequence);
  const before = file.votes.filter(({ sequence }) => sequence < result.sequence);
  const ways = waysOf(file, result, before, facts.policy);
  const { counted: ids, voteCount } = result;
  if (ids !== undefined) {
    const [named, fault] = namedVotes(ids, file, result, before, facts, isWhole);
    return {
      ways: fault === undefined ? [named] : fault.status === "violated" ? ways : [named, ...ways],
      fault,
      isWhole,
    };
  }
  const isTooMany = voteCount !== undefined && voteCount > before.length;
  const fault: CountingFault | undefined = isTooMany
    ? {
        status: isWhole ? "violated" : "undetermined",
        reason:
          `the result counts ${countOf(voteCount, "vote")}, ` +
          `but the log holds ${before.length} before it`,
        sequences: [],
      }
    : undefined;
  return { ways, fault, isWhole };
}

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
  result: Result,
  members: MemberFacts,
): number | undefined {
  const began = file.creation?.sequence ?? 0;
  const at = moment === "proposal" ? began : moment === "decision" ? result.sequence : sequence;
  return members.weightBefore(voter, at);
}

/** Whether a vote was cast by a member. The trail cannot show which votes a delegation covers. */
export function membershipOf(
  { voter, sequence, millis }: CastVote,
  { members, standing }: TrailFacts,
): Membership {
  const membership = members.membershipBefore(voter, sequence);
  if (membership !== "stranger") return membership;
  const isDelegate = standing.isInForce(voter, millis, { kind: "delegation" });
  return isDelegate ? "unknown" : "stranger";
}

/** Each way of counting: which vote of a voter counts, and whether late votes do. */
function waysOf(
  file: ProposalFacts,
  result: Result,
  before: readonly CastVote[],
  policy: Policy,
): readonly (readonly CastVote[])[] {
  const inTime = waysInTime(before, file);
  // most voters vote once
  if (!file.hasRepeatedVoters && file.flags.length === 0) return inTime;
  return inTime.flatMap((votes) => {
    const byVoter = Map.groupBy(votes, ({ voter }) => voter);
    if (byVoter.size === votes.length && file.flags.length === 0) return [votes];
    return choicesOf(true, policy).flatMap((ofFlagged) =>
      choicesOf(false, policy).map((ofOthers) =>
        [...byVoter].flatMap(([voter, own]) => {
          const vote = chosen(own, file.isFlagged(voter, result.sequence) ? ofFlagged : ofOthers);
          return vote === undefined ? [] : [vote];
        }),
      ),
    );
  });
}

function choicesOf(isFlagged: boolean, policy: Policy): readonly Choice[] {
  if (isFlagged)
    return policy.conflictingVotes === undefined
      ? ["exclude", "first", "last"]
      : [policy.conflictingVotes];
  return policy.changedVotes === undefined ? ["last", "first"] : [policy.changedVotes];
}

function chosen(votes: readonly CastVote[], choice: Choice): CastVote | undefined {
  return choice === "exclude" ? undefined : votes.at(choice === "first" ? 0 : -1);
}

/** All votes; those that are not late; and those that are in time for sure. Each list once. */
function waysInTime(
  votes: readonly CastVote[],
  file: ProposalFacts,
): readonly (readonly CastVote[])[] {
  const last = file.creation?.expiresMillis;
  if (last === undefined) return [votes];
  const notLate = votes.filter((vote) => !isLate(vote, file));
  const inTime = notLate.filter((vote) => timelinessOf(vote, last) === "in time");
  return [votes, notLate, inTime].filter(({ length }, index, lists) =>
    lists.slice(0, index).every((list) => list.length > length),
  );
}

function isLate(vote: CastVote, { creation }: ProposalFacts): boolean {
  return timelinessOf(vote, creation?.expiresMillis) === "late";
}

/** The votes that a result names, and what is wrong with them. */
function namedVotes(
  ids: readonly string[],
  file: ProposalFacts,
  result: Result,
  before: readonly CastVote[],
  facts: TrailFacts,
  isWhole: boolean,
): readonly [votes: readonly CastVote[], fault: CountingFault | undefined] {
  const withId = Map.groupBy(before, ({ voteId }) => voteId);
  const named = new Map<string, CastVote>();
  const doubtful: CastVote[] = [];
  const fault = (status: CountingFault["status"], reason: string, votes: readonly CastVote[]) =>
    [[...named.values()], { status, reason, sequences: sequencesOf(votes) }] as const;
  for (const id of ids) {
    const votes = withId.get(id) ?? [];
    const vote = votes.at(-1);
    if (vote === undefined && isWhole)
      return fault(
        "violated",
        `the result counts the vote ${quoted(id)}, which is not in the log`,
        [],
      );
    if (vote === undefined)
      return fault(
        "undetermined",
        `entries are missing, and the vote ${quoted(id)} may be among them`,
        [],
      );
    if (named.has(vote.voter))
      return fault("violated", `the result counts two votes of ${quoted(vote.voter)}`, []);
    named.set(vote.voter, vote);
    // nobody can say which of several votes with one id was counted
    if (votes.length > 1) doubtful.push(...votes);
  }
  if (result.voteCount !== undefined && result.voteCount !== ids.length)
    return fault(
      "violated",
      `the result names ${countOf(ids.length, "vote")}, but counts ${result.voteCount}`,
      [],
    );
  const leftOut: CastVote[] = [];
  for (const [voter, votes] of Map.groupBy(before, (vote) => vote.voter)) {
    const choices = choicesOf(file.isFlagged(voter, result.sequence), facts.policy);
    const ways = waysInTime(votes, file);
    const allowed = choices.flatMap((choice) => ways.map((way) => chosen(way, choice)));
    const vote = named.get(voter);
    if (vote !== undefined && !allowed.includes(vote) && !doubtful.includes(vote))
      return fault("violated", `the policy does not count this vote of ${quoted(voter)}`, [vote]);
    if (vote !== undefined) continue;
    const notLate = votes.filter((one) => !isLate(one, file));
    const needed = choices.flatMap((choice) => [chosen(votes, choice), chosen(notLate, choice)]);
    const owed = needed.at(-1);
    if (owed === undefined || needed.includes(undefined)) continue;
    const weights = momentsOf(file, result, facts).map((moment) =>
      weightOf(owed, moment, file, result, facts.members),
    );
    if (weights.every((weight) => weight === 0)) continue;
    const isSure =
      weights.every((weight) => weight !== undefined && weight !== 0) &&
      owed.millis <= result.millis &&
      spanOf(owed).latestMillis <= spanOf(result).latestMillis &&
      spanOf(owed).earliestMillis <= spanOf(result).earliestMillis &&
      timelinessOf(owed, file.creation?.expiresMillis) === "in time" &&
      owed.voteId !== undefined &&
      !doubtful.includes(owed);
    (isSure ? leftOut : doubtful).push(owed);
  }
  const [first] = leftOut;
  if (first !== undefined)
    return fault(
      "violated",
      leftOut.length === 1
        ? `the result leaves out the vote of ${quoted(first.voter)}`
        : `the result leaves out ${leftOut.length} votes, the first of ${quoted(first.voter)}`,
      leftOut,
    );
  if (doubtful.length > 0)
    return fault(
      "undetermined",
      `the trail does not show whether ${countOf(doubtful.length, "vote")} had to be counted`,
      doubtful,
    );
  return [[...named.values()], undefined];
}

function sequencesOf(votes: readonly CastVote[]): number[] {
  return [...new Set(votes)].map(({ sequence }) => sequence).sort((a, b) => a - b);
}
