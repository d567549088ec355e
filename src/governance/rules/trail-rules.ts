import { durationInWords } from "../../text/duration.js";
import { counted, quoted } from "../../text/safe-text.js";
import { claimedMillisOf, isImported, millisOf, recordedMillisOf } from "../facts/facts-of.js";
import type { Judgement } from "../facts/finding.js";
import type { NodeEffect, ProposalFacts } from "../facts/proposal-facts.js";
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
    onGap: (after, before) => ({
      status: "violated",
      sequences: [before],
      message:
        after < 0
          ? `the trail begins with entry ${before}`
          : `${counted(before - after - 1, "entry", "entries")} missing before entry ${before}`,
    }),
  },
];

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
