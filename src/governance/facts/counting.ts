import { counted, quoted } from "../../text/safe-text.js";
import type { CastVote, ProposalFacts, Result } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";
import { spanOf, timelinessOf } from "./timeliness.js";
import { VoteCount } from "./vote-count.js";
import {
  type Choice,
  choicesOf,
  MOMENTS,
  membershipOf,
  momentsOf,
  weightOf,
} from "./vote-weight.js";
import { Way } from "./way.js";

/** What is wrong with the votes that a result counts, or cannot be told. */
export interface CountingFault {
  readonly status: "violated" | "undetermined";
  readonly reason: string;
  /** The votes that it is about. */
  readonly sequences: readonly number[];
}

/** The votes that a result may have counted. */
export interface Counting {
  /** One for each way of counting that the policy allows; of named votes, that one. */
  readonly ways: readonly Way[];
  readonly fault: CountingFault | undefined;
  /** False where votes may be among entries that are missing. */
  readonly isWhole: boolean;
}

/**
 * Finds the votes that a result may have counted, of those that were recorded before it. A result
 * that names its votes must name each vote that is in time and of a member.
 */
export function countingOf(file: ProposalFacts, result: Result, facts: TrailFacts): Counting {
  const { creation } = file;
  const isWhole = creation !== undefined && facts.isCompleteSince(creation.sequence);
  const { ways, size } = countOf(file, result, facts);
  const { counted: ids, voteCount } = result;
  if (ids !== undefined) {
    const before = file.votes.filter(({ sequence }) => sequence < result.sequence);
    const [votes, fault] = namedVotes(ids, file, result, before, facts, isWhole);
    const named = new Way(file, facts, momentsOf(file, result, facts));
    for (const vote of votes)
      named.add({ vote, membership: membershipOf(vote, facts) }, result.sequence);
    return {
      ways: fault === undefined ? [named] : fault.status === "violated" ? ways : [named, ...ways],
      fault,
      isWhole,
    };
  }
  const isTooMany = voteCount !== undefined && voteCount > size;
  const fault: CountingFault | undefined = isTooMany
    ? {
        status: isWhole ? "violated" : "undetermined",
        reason:
          `the result counts ${counted(voteCount, "vote")}, ` +
          `but the log holds ${size} before it`,
        sequences: [],
      }
    : undefined;
  return { ways, fault, isWhole };
}

/** From this number of votes on, the count of a proposal is kept for its next result. */
const KEPT_FROM = 64;
const KEPT = new WeakMap<ProposalFacts, VoteCount>();

function countOf(file: ProposalFacts, result: Result, facts: TrailFacts): VoteCount {
  const { membershipAt } = facts.policy;
  const isKept = file.voteCount >= KEPT_FROM && result.sequence > file.lastVoteSequence;
  let count = isKept ? KEPT.get(file) : undefined;
  if (count?.canReach(result.sequence) !== true) {
    // members may change until the next result
    const moments = isKept && membershipAt === undefined ? MOMENTS : momentsOf(file, result, facts);
    count = new VoteCount(file, facts, moments);
    if (isKept) KEPT.set(file, count);
  }
  count.goTo(result.sequence);
  return count;
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
      `the result names ${counted(ids.length, "vote")}, but counts ${result.voteCount}`,
      [],
    );
  const leftOut: CastVote[] = [];
  for (const [voter, votes] of Map.groupBy(before, (vote) => vote.voter)) {
    const flagged = file.flagStateOf(voter, result.sequence);
    const ofFlagged = choicesOf(true, facts.policy);
    // a flag that the log does not show neither takes a vote away nor lets it count
    const isDoubtful = flagged === "claimed" && ofFlagged.includes("exclude");
    const choices = flagged === "none" || isDoubtful ? choicesOf(false, facts.policy) : ofFlagged;
    const ways = waysInTime(votes, file);
    const allowed = choices.flatMap((choice) => ways.map((way) => chosen(way, choice)));
    const vote = named.get(voter);
    if (vote !== undefined && !allowed.includes(vote) && !doubtful.includes(vote))
      return fault("violated", `the policy does not count this vote of ${quoted(voter)}`, [vote]);
    if (vote !== undefined && isDoubtful && ofFlagged.length === 1) doubtful.push(vote);
    if (vote !== undefined) continue;
    const notLate = votes.filter((one) => !isLate(one, file));
    const needed = choices.flatMap((choice) => [chosen(votes, choice), chosen(notLate, choice)]);
    const owed = needed.at(-1);
    if (owed === undefined || needed.includes(undefined)) continue;
    const weights = momentsOf(file, result, facts).map((moment) =>
      weightOf(owed, moment, file, result.sequence, facts.members),
    );
    if (weights.every((weight) => weight === 0)) continue;
    const isSure =
      !isDoubtful &&
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
      `the trail does not show whether ${counted(doubtful.length, "vote")} had to be counted`,
      doubtful,
    );
  return [[...named.values()], undefined];
}

function sequencesOf(votes: readonly CastVote[]): number[] {
  return [...new Set(votes)].map(({ sequence }) => sequence).sort((a, b) => a - b);
}
