import { formatTimestamp } from "../../entry/timestamp.js";
import { quoted } from "../../text/safe-text.js";
import type { Judgement } from "../facts/finding.js";
import type { DoubleVote, Flag, ProposalFacts } from "../facts/proposal-facts.js";
import { type Rule, type TrailFacts, violatedOr } from "../facts/rule.js";
import { timelinessOf, timesInWords } from "../facts/timeliness.js";

/** The rules about votes. */
export const VOTE_RULES: readonly Rule[] = [
  {
    id: "vote-on-unknown-proposal",
    title: "A vote comes after its proposal",
    reason: "A vote on something that nobody proposed decides nothing.",
    needs: "the proposal; that there is none is only shown by a trail without a gap",
    severity: "error",
    onVote: ({ sequence }, { creation, proposalId }, { isComplete }) =>
      creation === undefined
        ? violatedOr(
            isComplete,
            {
              sequences: [sequence],
              message: `a vote on ${quoted(proposalId)}, which nobody had proposed`,
            },
            `entries are missing, and the proposal ${quoted(proposalId)} may be among them`,
          )
        : undefined,
  },
  {
    id: "vote-after-decision",
    title: "No vote comes after the result",
    reason: "A vote after the result did not decide, but looks as if it did.",
    needs: "the result and the vote",
    severity: "error",
    onVote({ sequence, voter }, { results: [decided], proposalId }) {
      if (decided === undefined) return undefined;
      return {
        status: "violated",
        sequences: [decided.sequence, sequence],
        message: `${quoted(voter)} voted on ${quoted(proposalId)} after its result`,
      };
    },
  },
  {
    id: "vote-by-nonmember",
    title: "A voter is a member when it votes",
    reason: "Only members decide.",
    needs: "the nodes, by node_added and node_removed, from the first entry on",
    severity: "error",
    onVote({ sequence, voter }, { proposalId }, { members, standing, nowMillis, isComplete }) {
      const membership = members.membership(voter);
      if (membership === "member") return undefined;
      const sequences = [sequence];
      if (!members.isRecorded && isComplete)
        return {
          status: "undetermined",
          sequences,
          message: "the trail records no nodes, so it cannot show who was a member",
        };
      if (membership === "unknown")
        return {
          status: "undetermined",
          sequences,
          message: "entries are missing, and a node_added may be among them",
        };
      const isDelegate = standing.isInForce(voter, nowMillis, { kind: "delegation" });
      if (isDelegate)
        return {
          status: "undetermined",
          sequences,
          message: `${quoted(voter)} is not a member, but has a delegation`,
        };
      return {
        status: "violated",
        sequences,
        message: `${quoted(voter)} voted on ${quoted(proposalId)}, but was not a member`,
      };
    },
  },
  {
    id: "duplicate-vote-id",
    title: "Each vote of a proposal has an id of its own",
    reason: "With two votes under one id, nobody can say which one a result counted.",
    needs: "the ids of the votes",
    severity: "error",
    onVote({ sequence, voteId }, file) {
      const first = voteId === undefined ? undefined : file.voteWithId(voteId);
      if (voteId === undefined || first === undefined) return undefined;
      return {
        status: "violated",
        sequences: [first.sequence, sequence],
        message: `two votes have the id ${quoted(voteId)}`,
      };
    },
  },
  {
    id: "double-vote-unflagged",
    title: "A voter who votes in two ways is flagged",
    reason: "A voter who tells two halves of a federation different things can divide it.",
    needs: "a byzantine_detected for each such voter",
    severity: "error",
    reviewDoubleVote: unflagged,
  },
  {
    id: "flag-without-double-vote",
    title: "Both votes of a flagged voter are recorded",
    reason: "An accusation without its evidence cannot be checked.",
    needs: "both votes as entries; the reference implementation records only the first",
    severity: "warning",
    reviewFlag: flagWithoutVotes,
  },
  {
    id: "self-approval",
    title: "A proposer does not approve its own proposal",
    reason: "Two persons see more than one.",
    needs: "who proposed",
    severity: "warning",
    onVote({ sequence, voter, decision }, { creation, proposalId }) {
      if (decision !== "approve" || creation?.proposerDid !== voter) return undefined;
      return {
        status: "violated",
        sequences: [creation.sequence, sequence],
        message: `${quoted(voter)} approved ${quoted(proposalId)}, its own proposal`,
      };
    },
  },
  {
    id: "late-vote",
    title: "A vote is cast before its proposal expires",
    reason: "The members were told that the vote had ended.",
    needs: "expires_at of the proposal; timestamp, cast_at and time of recording of the vote",
    severity: "error",
    onVote(vote, { creation, proposalId }) {
      const timeliness = timelinessOf(vote, creation?.expiresMillis);
      if (creation?.expiresMillis === undefined || timeliness === "in time") return undefined;
      const { sequence, voter } = vote;
      if (Number.isNaN(creation.expiresMillis))
        return {
          status: "undetermined",
          sequences: [sequence],
          message: "the expires_at of the proposal is no time",
        };
      const expiry = formatTimestamp(creation.expiresMillis);
      if (timeliness === "unknown")
        return {
          status: "undetermined",
          sequences: [creation.sequence, sequence],
          message:
            `${quoted(proposalId)} expired at ${expiry}; ` +
            `the vote of ${quoted(voter)} ${timesInWords(vote)}`,
        };
      return {
        status: "violated",
        sequences: [creation.sequence, sequence],
        message: `${quoted(voter)} voted on ${quoted(proposalId)} after it expired at ${expiry}`,
      };
    },
  },
];

function unflagged(
  { voter, sequences }: DoubleVote,
  file: ProposalFacts,
  facts: TrailFacts,
): Judgement | undefined {
  if (file.isFlagged(voter)) return undefined;
  const [decided] = file.results;
  const all = decided === undefined ? sequences : [...sequences, decided.sequence];
  return {
    // the flag may be among entries that are missing
    status:
      decided === undefined
        ? "pending"
        : facts.isCompleteSince(sequences.at(-1) ?? 0)
          ? "violated"
          : "undetermined",
    sequences: all.toSorted((a, b) => a - b),
    message:
      `${quoted(voter)} voted in two ways on ${quoted(file.proposalId)}, ` +
      "but no byzantine_detected reports it",
  };
}

function flagWithoutVotes(
  { voter, sequence, prior, conflicting }: Flag,
  file: ProposalFacts,
  facts: TrailFacts,
): Judgement | undefined {
  const missing = [prior, conflicting].find(
    (decision) => decision !== undefined && !file.hasVoted(voter, decision),
  );
  if (missing === undefined && file.isFlagged(voter)) return undefined;
  return {
    status:
      file.creation === undefined || !facts.isCompleteSince(file.creation.sequence)
        ? "undetermined"
        : file.results.length === 0
          ? "pending"
          : "violated",
    sequences: [sequence],
    message:
      `${quoted(voter)} is flagged for two votes on ${quoted(file.proposalId)}, ` +
      (missing === undefined
        ? "but the flag names no two different votes"
        : `but its ${quoted(missing)} vote is not recorded`),
  };
}
