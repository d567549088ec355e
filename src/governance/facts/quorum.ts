import { counted } from "../../text/safe-text.js";
import { type Approval, fractionOf, type KindPolicy, type Share } from "./policy.js";
import type { ProposalFacts, Result } from "./proposal-facts.js";
import type { TrailFacts } from "./rule.js";
import { isAtLeast, type Recount, recount } from "./tally.js";
import type { Tally } from "./way.js";

/** Whether a result had enough weight, and why: one sentence for each condition. */
export interface QuorumCheck {
  readonly status: "kept" | "violated" | "undetermined";
  readonly reason: string;
}

/** What is known of a result for which nothing says what passes a proposal. */
export const NO_QUORUM: QuorumCheck = {
  status: "undetermined",
  reason: "neither the trail nor the policy says what passes a proposal",
};

/** One condition: whether the result meets it, and what it is. */
type Condition = readonly [isMet: boolean | undefined, reason: string];

type Weights = Pick<Result, keyof Tally>;

/**
 * Judges a result by the threshold of its proposal; else by its own and by the policy.
 * Participation and number of votes are judged by the policy. The weights that the result records
 * must meet the conditions, and so must the recorded votes, where they give other weights.
 *
 * @param kind - The kind whose conditions count. A proposal may have none; then its grant has one.
 */
export function checkQuorum(
  file: ProposalFacts,
  result: Result,
  facts: TrailFacts,
  kind: string | undefined = file.creation?.kind,
): QuorumCheck {
  const { approve } = result;
  if (approve !== undefined && approve <= 0)
    return { status: "violated", reason: `weight ${approve} approved, and more than 0 must` };
  const { policy } = facts;
  const ofKind: KindPolicy = policy.kinds?.[kind ?? ""] ?? {};
  const participation = ofKind.participation ?? policy.participation;
  const approvals = approvalsOf(file, result, ofKind.approval ?? policy.approval);
  if (approvals.length === 0 && participation === undefined && ofKind.votes === undefined)
    return withoutQuorum(file, result);
  const recounted = recount(file, result, facts);
  const byWeights = (weights: Weights): Condition[] => [
    ...(participation === undefined ? [] : [participationCondition(weights, participation)]),
    ...approvals.map((approval) => approvalCondition(weights, approval)),
  ];
  const claimed = judged([
    ...(ofKind.votes === undefined ? [] : [votesCondition(result, recounted, ofKind.votes)]),
    ...byWeights(knownOf(result)),
  ]);
  const { tallies = [], status } = recounted;
  if (claimed.status === "violated" || status === "kept" || tallies.length === 0) return claimed;
  const given = tallies.map((tally) => judged(byWeights(tally)));
  const unmet = given.find((check) => check.status === "violated");
  if (unmet === undefined) return claimed;
  return {
    status: given.every((check) => check.status === "violated") ? "violated" : "undetermined",
    reason: `by the recorded votes, ${unmet.reason}`,
  };
}

/** A negative weight of another system is none: it would make the whole smaller. */
function knownOf({ approve, reject, abstain, total }: Weights): Weights {
  const known = (weight: number | undefined): number | undefined =>
    weight === undefined || weight < 0 ? undefined : weight;
  return {
    approve: known(approve),
    reject: known(reject),
    abstain: known(abstain),
    total: known(total),
  };
}

/** A result for which neither a threshold nor the policy says what it needs. */
function withoutQuorum({ creation }: ProposalFacts, { threshold }: Result): QuorumCheck {
  const given = creation?.threshold ?? threshold;
  if (given === undefined) return NO_QUORUM;
  return {
    status: "undetermined",
    reason:
      `the threshold ${given} says nothing about what passes a proposal, ` + "nor does the policy",
  };
}

/**
 * A threshold that was not known before the votes does not replace the policy. One that is not over
 * 0 asks for nothing, and counts as none.
 */
function approvalsOf(
  file: ProposalFacts,
  result: Result,
  ofPolicy: Approval | undefined,
): readonly Approval[] {
  const { creation } = file;
  const threshold = thresholdIn(creation) ?? thresholdIn(result);
  if (threshold === undefined) return ofPolicy === undefined ? [] : [ofPolicy];
  const own: Approval = { weight: threshold };
  if (ofPolicy === undefined) return [own];
  const first = file.firstVoteSequence ?? result.sequence;
  const isDeclared = thresholdIn(creation) !== undefined && (creation?.sequence ?? 0) < first;
  return isDeclared ? [own] : [own, ofPolicy];
}

function thresholdIn(
  by: { readonly threshold: number | undefined } | undefined,
): number | undefined {
  const threshold = by?.threshold;
  return threshold !== undefined && threshold > 0 ? threshold : undefined;
}

function judged(conditions: readonly Condition[]): QuorumCheck {
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

/** Each member counts once, whatever number the result records. */
function votesCondition(
  { voteCount }: Result,
  { ways, isWhole }: Recount,
  needed: number,
): Condition {
  if (voteCount !== undefined && voteCount < needed)
    return [false, `the result counts ${counted(voteCount, "vote")}, and needs ${needed}`];
  const least = Math.min(...ways.map(({ members }) => members.sure));
  const most = Math.max(...ways.map(({ members }) => members.sure + members.open));
  if (least >= needed) return [true, `${counted(least, "vote")} of members, and ${needed} must`];
  if (most < needed && isWhole)
    return [false, `the log holds ${counted(most, "vote")} of members, and ${needed} must vote`];
  return [undefined, `the trail does not show whether ${needed} members voted`];
}

function participationCondition(
  { approve, reject, abstain, total }: Weights,
  share: Share,
): Condition {
  if (approve === undefined || reject === undefined || abstain === undefined || total === undefined)
    return NO_WEIGHTS;
  const cast = approve + reject + abstain;
  return [reaches(cast, share, total), `weight ${cast} of ${total} voted, and ${share} of it must`];
}

function approvalCondition(
  { approve, reject, abstain, total }: Weights,
  approval: Approval,
): Condition {
  if ("weight" in approval)
    return approve === undefined
      ? NO_WEIGHTS
      : [
          approve > 0 && isAtLeast(approve, approval.weight),
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
  return isAtLeast(reached, wanted);
}
