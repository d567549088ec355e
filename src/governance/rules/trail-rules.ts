import { durationInWords } from "../../text/duration.js";
import { counted, quoted } from "../../text/safe-text.js";
import { claimedMillisOf, isImported, millisOf, recordedMillisOf } from "../facts/facts-of.js";
import type { Judgement } from "../facts/finding.js";
import type { ActorType, Effect, NodeEffect, ProposalFacts } from "../facts/proposal-facts.js";
import { type Rule, type TrailFacts, violatedOr } from "../facts/rule.js";

/** The rules about members, and about the trail itself. */
export const TRAIL_RULES: readonly Rule[] = [
  {
    id: "member-change-without-proposal",
    title: "Members come and go by a passed proposal",
    reason: "Whoever chooses the voters chooses the result.",
    needs: "an add-node or remove-node proposal; nodes before the first proposal are founders",
    severity: "warning",
    onNode: memberChange,
  },
  {
    id: "result-by-nonmember",
    title: "Who signs a result is a member",
    reason: "A result of somebody else may be one that the members never saw.",
    needs: "the nodes; the policy names in services who else may sign. Without nodes, not judged",
    severity: "warning",
    onResult: ({ sequence, signerDid, actorType }, { proposalId }, facts) =>
      byNonmember(
        { sequence, who: signerDid, actorType },
        (who) => `${who} signed the result of ${quoted(proposalId)}`,
        facts,
      ),
  },
  {
    id: "effect-by-nonmember",
    title: "Who carries out a decision is a member",
    reason: "Somebody else may carry out what nobody decided, or leave out what was.",
    needs: "the nodes, and who enacted; the policy names services. Without nodes, not judged",
    severity: "warning",
    onGrant: (grant, _file, facts) => effectByNonmember(grant, facts),
    onRevocation: (revocation, _file, facts) => effectByNonmember(revocation, facts),
    onNode: (node, _file, facts) =>
      // founders are there before any member can add them
      node.operation === "node_added" && !facts.hasProposals
        ? undefined
        : effectByNonmember(node, facts),
  },
  {
    id: "backdated",
    title: "An entry is recorded soon after it happened",
    reason: "Somebody who records late can choose what to say.",
    needs: "recordWithinSeconds in the policy; imported entries are not judged",
    severity: "info",
    onEntry(entry, { policy }) {
      const within = policy.recordWithinSeconds;
      if (within === undefined || isImported(entry)) return undefined;
      const millis = millisOf(entry);
      const happened = Math.min(millis, claimedMillisOf(entry) ?? millis);
      const late = (recordedMillisOf(entry) - happened) / 1000;
      if (late <= within) return undefined;
      return {
        status: "violated",
        sequences: [entry.sequence],
        message: `recorded ${durationInWords(late)} after it happened`,
      };
    },
  },
  {
    id: "history-missing",
    title: "The trail begins with the first entry, and has no gap",
    reason: "What is missing can change every answer.",
    needs: "the sequences",
    severity: "info",
    onGap(after, before, isEnd) {
      const missing = `${counted(before - after - 1, "entry", "entries")} missing`;
      return {
        status: "violated",
        // the entry after the gap, where there is one
        sequences: !isEnd ? [before] : after < 0 ? [] : [after],
        message:
          after >= 0
            ? `${missing} ${isEnd ? `at the end, after entry ${after}` : `before entry ${before}`}`
            : isEnd
              ? `${missing}: all that the trail had`
              : `the trail begins with entry ${before}`,
      };
    },
  },
];

function effectByNonmember(effect: Effect, facts: TrailFacts): Judgement | undefined {
  const { sequence, enactedBy, actorType, operation, subjectId = "" } = effect;
  const judgement = byNonmember(
    { sequence, who: enactedBy, actorType },
    (who) => `${who} enacted ${operation} of ${quoted(subjectId)}`,
    facts,
  );
  return judgement && { ...judgement, subjectId };
}

/** Judges an act that is left to members. Nobody is named where an entry does not say who acted. */
function byNonmember(
  { sequence, who, actorType }: Act,
  said: (who: string) => string,
  { members, standing, policy, nowMillis }: TrailFacts,
): Judgement | undefined {
  if (!who || !members.isRecorded || policy.services?.includes(who)) return undefined;
  const membership = members.membership(who);
  if (membership === "member") return undefined;
  const act = said(quoted(who));
  const doubt =
    membership === "unknown"
      ? "entries are missing, and a node_added may be among them"
      : standing.isInForce(who, nowMillis, { kind: "delegation" })
        ? `${act}, and is not a member, but has a delegation`
        : actorType === "service"
          ? `${act} as a service that the policy does not name`
          : undefined;
  return {
    status: doubt === undefined ? "violated" : "undetermined",
    sequences: [sequence],
    message: doubt ?? `${act}, but was not a member`,
  };
}

interface Act {
  readonly sequence: number;
  readonly who: string | undefined;
  readonly actorType: ActorType | undefined;
}

function memberChange(
  { sequence, subjectId, operation }: NodeEffect,
  file: ProposalFacts | undefined,
  { isComplete, hasProposals }: TrailFacts,
): Judgement | undefined {
  const isRemoval = operation === "node_removed";
  if (!isRemoval && !hasProposals && isComplete) return undefined;
  const kind = isRemoval ? "remove-node" : "add-node";
  if (
    file?.passed !== undefined &&
    file.creation?.kind === kind &&
    file.creation.subjectId === subjectId &&
    file.effectOf(operation) === undefined
  )
    return undefined;
  return violatedOr(
    isComplete,
    {
      subjectId,
      sequences: [sequence],
      message:
        `${quoted(subjectId)} was ${isRemoval ? "removed" : "added"} ` +
        "without a passed proposal",
    },
    "entries are missing, and the proposal may be among them",
  );
}
