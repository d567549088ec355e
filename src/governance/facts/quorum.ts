import { counted } from "../../text/safe-text.js";
import { type Approval, fractionOf, type KindPolicy, type Policy, type Share } from "./policy.js";
import type { ProposalFacts, Result } from "./proposal-file.js";

/** Whether a passed result had enough weight. */
export interface QuorumCheck {
  readonly status: "kept" | "violated" | "undetermined";
  readonly reason: string;
}

/**
 * Judges a passed result by the threshold of its proposal, else by its own, else by the policy; and
 * participation and number of votes by the policy.
 */
export function checkQuorum(file: ProposalFacts, result: Result, policy: Policy): QuorumCheck {
  const ofKind: KindPolicy = policy.kinds?.[file.creation?.kind ?? ""] ?? {};
  const threshold = file.creation?.threshold ?? result.threshold;
  const approval: Approval | undefined =
    threshold === undefined ? (ofKind.approval ?? policy.approval) : { weight: threshold };
  const participation = ofKind.participation ?? policy.participation;
  const { approve, reject, abstain, total, voteCount } = result;
  if (approval === undefined && participation === undefined && ofKind.votes === undefined)
    return undetermined("neither the trail nor the policy says what passes a proposal");
  if (ofKind.votes !== undefined) {
    if (voteCount === undefined)
      return undetermined("the result does not record how many votes it counts");
    if (voteCount < ofKind.votes)
      return violated(`the result counts ${counted(voteCount, "vote")}, but needs ${ofKind.votes}`);
  }
  if (approval === undefined && participation === undefined) return KEPT;
  if (approve === undefined || reject === undefined || abstain === undefined || total === undefined)
    return undetermined("the result does not record all of its weights");
  const cast = approve + reject + abstain;
  if (participation !== undefined && !reaches(cast, participation, total))
    return violated(`weight ${cast} of ${total} voted, but ${participation} of it must`);
  if (approval === undefined) return KEPT;
  if ("weight" in approval)
    return approve + tolerance(approval.weight) >= approval.weight
      ? KEPT
      : violated(`weight ${approve} approved, but ${approval.weight} must`);
  const whole = { total, cast, decided: approve + reject }[approval.of];
  return approve > 0 && reaches(approve, approval.share, whole)
    ? KEPT
    : violated(
        `weight ${approve} of ${whole} (${approval.of}) approved, but ${approval.share} of it must`,
      );
}

function reaches(part: number, share: Share, whole: number): boolean {
  const [numerator, denominator] = fractionOf(share);
  const wanted = whole * numerator;
  return part * denominator + tolerance(wanted) >= wanted;
}

/** Weights may be sums of fractions. */
function tolerance(of: number): number {
  return 1e-9 * Math.max(1, Math.abs(of));
}

const KEPT: QuorumCheck = { status: "kept", reason: "" };

function violated(reason: string): QuorumCheck {
  return { status: "violated", reason };
}

function undetermined(reason: string): QuorumCheck {
  return { status: "undetermined", reason };
}
