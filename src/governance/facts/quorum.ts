import { counted } from "../../text/safe-text.js";
import { type Approval, fractionOf, type KindPolicy, type Policy, type Share } from "./policy.js";
import type { ProposalFacts, Result } from "./proposal-facts.js";

/** Whether a result had enough weight, and why: one sentence for each condition. */
export interface QuorumCheck {
  readonly status: "kept" | "violated" | "undetermined";
  readonly reason: string;
}

/** One condition: whether the result meets it, and what it is. */
type Condition = readonly [isMet: boolean | undefined, reason: string];

/**
 * Judges a result by the threshold of its proposal, else by its own, else by the policy; and
 * participation and number of votes by the policy.
 */
export function checkQuorum(file: ProposalFacts, result: Result, policy: Policy): QuorumCheck {
  const ofKind: KindPolicy = policy.kinds?.[file.creation?.kind ?? ""] ?? {};
  const threshold = file.creation?.threshold ?? result.threshold;
  const approval: Approval | undefined =
    threshold === undefined ? (ofKind.approval ?? policy.approval) : { weight: threshold };
  const participation = ofKind.participation ?? policy.participation;
  const conditions = [
    ...(ofKind.votes === undefined ? [] : [votesCondition(result, ofKind.votes)]),
    ...(participation === undefined ? [] : [participationCondition(result, participation)]),
    ...(approval === undefined ? [] : [approvalCondition(result, approval)]),
  ];
  if (conditions.length === 0)
    return {
      status: "undetermined",
      reason: "neither the trail nor the policy says what passes a proposal",
    };
  const unmet = conditions.filter(([isMet]) => isMet === false);
  const open = conditions.filter(([isMet]) => isMet === undefined);
  const [status, told] =
    unmet.length > 0
      ? (["violated", unmet] as const)
      : open.length > 0
        ? (["undetermined", open] as const)
        : (["kept", conditions] as const);
  return { status, reason: told.map(([, reason]) => reason).join("; ") };
}

function votesCondition({ voteCount }: Result, needed: number): Condition {
  return voteCount === undefined
    ? [undefined, "the result does not record how many votes it counts"]
    : [voteCount >= needed, `the result counts ${counted(voteCount, "vote")}, and needs ${needed}`];
}

function participationCondition(
  { approve, reject, abstain, total }: Result,
  share: Share,
): Condition {
  if (approve === undefined || reject === undefined || abstain === undefined || total === undefined)
    return NO_WEIGHTS;
  const cast = approve + reject + abstain;
  return [reaches(cast, share, total), `weight ${cast} of ${total} voted, and ${share} of it must`];
}

function approvalCondition(
  { approve, reject, abstain, total }: Result,
  approval: Approval,
): Condition {
  if ("weight" in approval)
    return approve === undefined
      ? NO_WEIGHTS
      : [
          approve > 0 && approve + tolerance(approval.weight) >= approval.weight,
          `weight ${approve} approved, and ${approval.weight} must`,
        ];
  if (approve === undefined || reject === undefined || abstain === undefined || total === undefined)
    return NO_WEIGHTS;
  const whole = { total, cast: approve + reject + abstain, decided: approve + reject }[approval.of];
  return [
    approve > 0 && reaches(approve, approval.share, whole),
    `weight ${approve} of ${whole} (${approval.of}) approved, and ${approval.share} of it must`,
  ];
}

const NO_WEIGHTS: Condition = [undefined, "the result does not record all of its weights"];

function reaches(part: number, share: Share, whole: number): boolean {
  const [numerator, denominator] = fractionOf(share);
  const wanted = whole * numerator;
  const reached = part * denominator;
  // products of very large weights overflow, quotients do not
  if (!Number.isFinite(wanted) || !Number.isFinite(reached))
    return part / whole >= numerator / denominator;
  return reached + tolerance(wanted) >= wanted;
}

/** Weights may be sums of fractions. */
function tolerance(of: number): number {
  return 1e-12 * Math.max(1, Math.abs(of));
}
