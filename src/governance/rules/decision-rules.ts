import type { Operation } from "../../entry/operations.js";
import { formatTimestamp } from "../../entry/timestamp.js";
import { counted, quoted } from "../../text/safe-text.js";
import type { Judgement } from "../facts/finding.js";
import type { CastVote, ProposalFacts, Result } from "../facts/proposal-facts.js";
import { checkQuorum } from "../facts/quorum.js";
import type { Rule, TrailFacts } from "../facts/rule.js";
import { checkTally, isSameWeight } from "../facts/tally.js";

/** The rules about results, and about what must follow a proposal. */
export const DECISION_RULES: readonly Rule[] = [
  {
    id: "contradictory-decisions",
    title: "All results of a proposal agree",
    reason: "A proposal that both passed and was rejected is not decided.",
    needs: "both results",
    severity: "error",
    onResult({ sequence, decision }, file) {
      const other = file.resultUnlike(decision);
      if (other === undefined) return undefined;
      return {
        status: "violated",
        sequences: [other.sequence, sequence],
        message:
          `${quoted(file.proposalId)} was ${quoted(other.decision)}, ` + `then ${quoted(decision)}`,
      };
    },
  },
  {
    id: "tally-mismatch",
    title: "The weights of a result are those of the recorded votes",
    reason: "If the votes do not give the result, something else decided it.",
    needs: "the nodes with their weights, and the votes from the proposal on",
    severity: "error",
    onVote: weightOfVote,
    onResult(result, file, { members, policy }) {
      const check = checkTally(file, result, members, policy);
      if (check.status === "kept") return undefined;
      return { status: check.status, sequences: [result.sequence], message: check.reason };
    },
  },
  {
    id: "quorum-unmet",
    title: "A passed result has the weight that it needs",
    reason: "Without a quorum, nothing is decided.",
    needs: "a threshold of the proposal or the result, or one in the policy",
    severity: "error",
    onResult(result, file, { policy }) {
      if (result.decision !== "passed") return undefined;
      const { status, reason } = checkQuorum(file, result, policy);
      if (status === "kept") return undefined;
      // without a threshold anywhere, every result is undetermined: listed when the policy asks
      if (status === "undetermined" && policy.rules?.["quorum-unmet"] === undefined)
        return undefined;
      return { status, sequences: [result.sequence], message: reason };
    },
  },
  {
    id: "human-missing",
    title: "As many humans approve as the policy says",
    reason:
      "Some decisions are not left to agents. Where it applies, Article 14(5) of the EU AI Act " +
      "asks for two persons.",
    needs: "humanApprovals in the policy, and actor_type of the votes",
    severity: "error",
    onResult: missingHumans,
  },
  {
    id: "expired-proposal",
    title: "A proposal passes before it expires",
    reason: "An expired proposal is no longer open to a decision.",
    needs: "expires_at of the proposal; decided_at of the result, else its timestamp",
    severity: "error",
    onResult({ sequence, millis, decision }, { creation, proposalId }) {
      const expiry = creation?.expiresMillis;
      if (decision !== "passed" || creation === undefined || expiry === undefined) return undefined;
      if (millis <= expiry) return undefined;
      return {
        status: "violated",
        sequences: [creation.sequence, sequence],
        message: `${quoted(proposalId)} passed after it expired at ${formatTimestamp(expiry)}`,
      };
    },
  },
  {
    id: "undecided",
    title: "A proposal is decided in time",
    reason: "While a proposal is open, nobody knows what is allowed.",
    needs: "decideWithinSeconds in the policy",
    severity: "warning",
    review({ creation, results, proposalId }, { policy, nowMillis }) {
      const within = policy.decideWithinSeconds;
      if (within === undefined || creation === undefined || results.length > 0) return undefined;
      if (creation.expiresMillis !== undefined && creation.expiresMillis < nowMillis)
        return undefined;
      return {
        status: nowMillis > creation.millis + within * 1000 ? "violated" : "pending",
        sequences: [creation.sequence],
        message: `${quoted(proposalId)} has no result`,
      };
    },
  },
  {
    id: "not-enacted",
    title: "A passed proposal takes effect",
    reason: "A decision that nobody carries out leaves the system as it was.",
    needs: "enactWithinSeconds in the policy; without it, the finding stays pending",
    severity: "warning",
    review: notEnacted,
  },
];

/** The entries that carry out a proposal, by its kind. A kind that is not here is not judged. */
const EFFECT_OF: ReadonlyMap<string, Operation> = new Map([
  ["authorize-model", "authorization_granted"],
  ["authorize-agent", "authorization_granted"],
  ["delegation", "authorization_granted"],
  ["revoke-model", "authorization_revoked"],
  ["revoke-agent", "authorization_revoked"],
  ["emergency-freeze", "authorization_revoked"],
  ["add-node", "node_added"],
  ["remove-node", "node_removed"],
]);

function notEnacted(file: ProposalFacts, { policy, standing, nowMillis }: TrailFacts) {
  const { creation, passed, rejected, proposalId } = file;
  const { kind } = creation ?? {};
  if (passed === undefined || rejected !== undefined || kind === undefined) return undefined;
  const expected =
    EFFECT_OF.get(kind) ?? (standing.confers(kind) ? "authorization_granted" : undefined);
  if (expected === undefined || file.effectOf(expected) !== undefined) return undefined;
  const within = policy.enactWithinSeconds ?? Number.POSITIVE_INFINITY;
  return {
    status: nowMillis > passed.millis + within * 1000 ? "violated" : "pending",
    sequences: [passed.sequence],
    message: `${quoted(proposalId)} passed, but no ${expected} followed`,
  } as const;
}

function weightOfVote(
  { sequence, voter, weight }: CastVote,
  _file: ProposalFacts,
  { members }: TrailFacts,
): Judgement | undefined {
  if (weight === undefined) return undefined;
  const known = members.weightBefore(voter, sequence);
  if (known === undefined || isSameWeight(known, weight)) return undefined;
  return {
    status: "violated",
    sequences: [sequence],
    message: `the vote of ${quoted(voter)} has weight ${weight}; its node has ${known}`,
  };
}

function missingHumans(
  { sequence, decision }: Result,
  { creation, votes }: ProposalFacts,
  { policy }: TrailFacts,
): Judgement | undefined {
  const needed = policy.kinds?.[creation?.kind ?? ""]?.humanApprovals ?? 0;
  if (decision !== "passed" || needed === 0) return undefined;
  const humans = new Set<string>();
  const unknown = new Set<string>();
  for (const vote of votes) {
    if (vote.decision !== "approve") continue;
    if (vote.actorType === "human") humans.add(vote.voter);
    else if (vote.actorType === undefined) unknown.add(vote.voter);
  }
  if (humans.size >= needed) return undefined;
  for (const human of humans) unknown.delete(human);
  const maybe = humans.size + unknown.size >= needed;
  return {
    status: maybe ? "undetermined" : "violated",
    sequences: [sequence],
    message:
      `${counted(humans.size, "human")} approved, but the policy asks for ${needed}` +
      (maybe ? `; who stood behind ${counted(unknown.size, "vote")} is not recorded` : ""),
  };
}
