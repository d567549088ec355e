import type { AuditEntry } from "../../entry/audit-entry.js";
import type { Operation } from "../../entry/operations.js";
import { formatTimestamp } from "../../entry/timestamp.js";
import { counted, quoted } from "../../text/safe-text.js";
import { creationOf, millisOf } from "../facts/facts-of.js";
import type { Judgement } from "../facts/finding.js";
import type { CastVote, Creation, ProposalFacts, Result } from "../facts/proposal-facts.js";
import { checkQuorum, NO_QUORUM } from "../facts/quorum.js";
import type { Rule, TrailFacts } from "../facts/rule.js";
import { isRevoking } from "../facts/standing.js";
import type { StandingEvent } from "../facts/standing-facts.js";
import { isSameWeight, recount } from "../facts/tally.js";
import { spanOf, timelinessOf, timesInWords } from "../facts/timeliness.js";

/** The rules about proposals and results, and about what must follow. */
export const DECISION_RULES: readonly Rule[] = [
  {
    id: "duplicate-proposal-id",
    title: "Each proposal has an id of its own",
    reason: "With two proposals under one id, nobody can say which one was voted on.",
    needs: "both entries of the proposal",
    severity: "warning",
    onEntry(entry, facts) {
      const first = earlierCreation(entry, facts);
      if (first === undefined || differenceOf(first, againOf(entry)) !== undefined)
        return undefined;
      return {
        status: "violated",
        sequences: [first.sequence, entry.sequence],
        message: `${quoted(entry.proposalId ?? "")} was proposed a second time`,
      };
    },
  },
  {
    id: "contradictory-proposals",
    title: "Nobody changes what is voted on",
    reason:
      "Votes and result are about the first proposal of an id, and seem to be about the last.",
    needs: "both entries of the proposal",
    severity: "error",
    onEntry(entry, facts) {
      const first = earlierCreation(entry, facts);
      const differs = first && differenceOf(first, againOf(entry));
      if (first === undefined || differs === undefined) return undefined;
      return {
        status: "violated",
        sequences: [first.sequence, entry.sequence],
        message: `${quoted(entry.proposalId ?? "")} was proposed again, with another ${differs}`,
      };
    },
  },
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
    onResult(result, file, facts) {
      const { status, reason, sequences } = recount(file, result, facts);
      if (status === "kept") return undefined;
      return { status, sequences: [...sequences, result.sequence], message: reason };
    },
  },
  {
    id: "quorum-unmet",
    title: "A passed result has the weight that it needs",
    reason: "Without a quorum, nothing is decided.",
    needs: "a threshold of the proposal or the result, or one in the policy",
    severity: "error",
    onResult(result, file, facts) {
      if (result.decision !== "passed") return undefined;
      const check = checkQuorum(file, result, facts);
      const { status, reason } = check;
      if (status === "kept") return undefined;
      // where nothing says what passes a proposal, every result is undetermined: the policy asks
      if (check === NO_QUORUM && facts.policy.rules?.["quorum-unmet"] === undefined)
        return undefined;
      return { status, sequences: [result.sequence], message: reason };
    },
    onGrant: (grant, file, facts) =>
      byKindOfGrant(grant, file, facts, (result, decided, kind) => {
        const { participation, approval, votes } = facts.policy.kinds?.[kind] ?? {};
        if (participation === undefined && approval === undefined && votes === undefined)
          return undefined;
        const { status, reason } = checkQuorum(decided, result, facts, kind);
        if (status === "kept") return undefined;
        return { status, sequences: [result.sequence], message: reason };
      }),
  },
  {
    id: "human-missing",
    title: "As many humans approve as the policy says",
    reason:
      "Some decisions are not left to agents. Where it applies, Article 14(5) of the EU AI Act " +
      "asks for two persons.",
    needs: "humanApprovals in the policy, and actor_type of the votes",
    severity: "error",
    onResult: (result, file, facts) => missingHumans(result, file, facts, file.creation?.kind),
    onGrant: (grant, file, facts) =>
      byKindOfGrant(grant, file, facts, (result, decided, kind) =>
        missingHumans(result, decided, facts, kind),
      ),
  },
  {
    id: "expired-proposal",
    title: "A proposal passes before it expires",
    reason: "An expired proposal is no longer open to a decision.",
    needs: "expires_at of the proposal; timestamp, decided_at and time of recording of the result",
    severity: "error",
    onResult(result, { creation, proposalId }) {
      const { sequence, decision } = result;
      const expiry = creation?.expiresMillis;
      if (decision !== "passed" || creation === undefined || expiry === undefined) return undefined;
      const timeliness = timelinessOf(result, expiry);
      if (timeliness === "in time") return undefined;
      if (Number.isNaN(expiry))
        return {
          status: "undetermined",
          sequences: [creation.sequence, sequence],
          message: "the expires_at of the proposal is no time",
        };
      const expired = formatTimestamp(expiry);
      const times = timesInWords(result);
      if (timeliness === "unknown")
        return {
          status: "undetermined",
          sequences: [creation.sequence, sequence],
          message: `${quoted(proposalId)} expired at ${expired}; its result ${times}`,
        };
      return {
        status: "violated",
        sequences: [creation.sequence, sequence],
        message: `${quoted(proposalId)} passed after it expired at ${expired}`,
      };
    },
  },
  {
    id: "undecided",
    title: "A proposal is decided in time",
    reason: "While a proposal is open, nobody knows what is allowed.",
    needs: "decideWithinSeconds in the policy",
    severity: "warning",
    review({ creation, results, proposalId }, facts) {
      const { policy, nowMillis } = facts;
      const within = policy.decideWithinSeconds;
      if (within === undefined || creation === undefined || results.length > 0) return undefined;
      if (creation.expiresMillis !== undefined && creation.expiresMillis < nowMillis)
        return undefined;
      return {
        status: overdue(creation, within, facts),
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
  ["add-node", "node_added"],
  ["remove-node", "node_removed"],
]);

/**
 * How what must follow an entry in time stands: it may be among entries that are missing. An entry
 * that is dated ahead gives nobody more time.
 */
function overdue(
  entry: Pick<Creation, "sequence" | "millis" | "span">,
  withinSeconds: number,
  facts: TrailFacts,
): Judgement["status"] {
  if (facts.nowMillis <= spanOf(entry).earliestMillis + withinSeconds * 1000) return "pending";
  return facts.isCompleteSince(entry.sequence) ? "violated" : "undetermined";
}

function notEnacted(file: ProposalFacts, facts: TrailFacts) {
  const { policy, standing } = facts;
  const { creation, passed, rejected, proposalId } = file;
  const { kind } = creation ?? {};
  if (passed === undefined || rejected !== undefined || kind === undefined) return undefined;
  const expected =
    EFFECT_OF.get(kind) ??
    (standing.confers(kind)
      ? "authorization_granted"
      : isRevoking(kind)
        ? "authorization_revoked"
        : undefined);
  if (expected === undefined || file.effectOf(expected) !== undefined) return undefined;
  const within = policy.enactWithinSeconds ?? Number.POSITIVE_INFINITY;
  return {
    status: overdue(passed, within, facts),
    sequences: [passed.sequence],
    message: `${quoted(proposalId)} passed, but no ${expected} followed`,
  } as const;
}

/** How the proposal of an entry began before, if it did. */
function earlierCreation(
  { operation, proposalId }: AuditEntry,
  facts: TrailFacts,
): Creation | undefined {
  return operation === "proposal_created" ? facts.file(proposalId)?.creation : undefined;
}

function againOf(entry: AuditEntry): Creation {
  const millis = millisOf(entry);
  return creationOf(entry, millis, millis, (name) => name);
}

const ASKED = {
  subjectId: "subject",
  kind: "kind",
  proposerDid: "proposer",
  title: "title",
  expiresMillis: "expiry",
  threshold: "threshold",
} as const;

/** What two proposals differ in, in words. */
function differenceOf(one: Creation, other: Creation): string | undefined {
  for (const [field, name] of Object.entries(ASKED))
    if (!Object.is(one[field as keyof typeof ASKED], other[field as keyof typeof ASKED]))
      return name;
  return undefined;
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

/**
 * Judges the decision of a proposal without a kind by what the policy says of the kind of its
 * grant: else nobody would have to say what is decided. Each kind is judged once.
 */
function byKindOfGrant(
  { kind, sequence, subjectId }: StandingEvent,
  file: ProposalFacts | undefined,
  { policy }: TrailFacts,
  judge: (result: Result, file: ProposalFacts, kind: string) => Judgement | undefined,
): Judgement | undefined {
  if (file?.creation === undefined || file.creation.kind !== undefined) return undefined;
  if (file.passed === undefined || kind === undefined) return undefined;
  if (policy.kinds?.[kind] === undefined || file.hasGranted(kind)) return undefined;
  const judgement = judge(file.passed, file, kind);
  if (judgement === undefined) return undefined;
  return { ...judgement, subjectId, sequences: [...judgement.sequences, sequence] };
}

function missingHumans(
  result: Result,
  file: ProposalFacts,
  facts: TrailFacts,
  kind: string | undefined,
): Judgement | undefined {
  const needed = facts.policy.kinds?.[kind ?? ""]?.humanApprovals ?? 0;
  if (result.decision !== "passed" || needed === 0) return undefined;
  const { ways, isWhole } = recount(file, result, facts);
  const counts = ways.map(({ humans }) => humans);
  const least = Math.min(...counts.map(({ sure }) => sure));
  if (least >= needed) return undefined;
  const most = Math.max(...counts.map(({ sure, open }) => sure + open));
  const maybe = most >= needed || !isWhole;
  return {
    status: maybe ? "undetermined" : "violated",
    sequences: [result.sequence],
    message:
      `${counted(least, "human member")} approved, but the policy asks for ${needed}` +
      (most > least ? `; ${counted(most - least, "more vote")} may be of a human member` : ""),
  };
}
