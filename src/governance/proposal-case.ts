import { formatTimestamp } from "../entry/timestamp.js";
import type {
  CaseEffect,
  CaseEntry,
  CaseResult,
  CaseVote,
  ProposalCase,
  ProposalState,
} from "./cases.js";
import type { Finding } from "./facts/finding.js";
import type { Effect, Result } from "./facts/proposal-facts.js";
import type { ProposalFile } from "./facts/proposal-file.js";
import { checkQuorum } from "./facts/quorum.js";
import { claimOf } from "./facts/tally.js";
import type { Fold } from "./fold.js";

/** How a proposal stands. */
export function stateOf(
  { creation, passed, rejected }: Pick<ProposalFile, "creation" | "passed" | "rejected">,
  nowMillis: number,
): ProposalState {
  const expiry = creation?.expiresMillis ?? Number.POSITIVE_INFINITY;
  const state: ProposalState =
    passed !== undefined && rejected !== undefined
      ? "contradictory"
      : passed !== undefined
        ? "passed"
        : rejected !== undefined
          ? "rejected"
          : expiry < nowMillis
            ? "expired"
            : "open";
  return state;
}

/** Makes the case of a proposal from its file. */
export function caseOf(file: ProposalFile, findings: readonly Finding[], fold: Fold): ProposalCase {
  const { members, nowMillis } = fold;
  const { proposalId, creation, results, effects } = file;
  const votes = file.votes.map(
    ({
      sequence,
      millis,
      voter,
      decision,
      voteId,
      actorType,
      onBehalfOf,
      rationale,
    }): CaseVote => ({
      ...entryOf({ sequence, millis }),
      voter,
      decision,
      ...(voteId === undefined ? {} : { voteId }),
      weight: members.weightBefore(voter, sequence),
      isFlagged: file.flagStateOf(voter) === "shown",
      ...(actorType === undefined ? {} : { actorType }),
      ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      ...(rationale === undefined ? {} : { rationale }),
    }),
  );
  const state = stateOf(file, nowMillis);
  const kind = creation?.kind ?? file.effectOf("authorization_granted")?.kind;
  const winning = { passed: "approve", rejected: "reject" }[state as string];
  return {
    proposalId,
    state,
    created: creation && entryOf(creation),
    subjectId: creation?.subjectId,
    kind: creation?.kind,
    proposerDid: creation?.proposerDid,
    title: creation?.title,
    expiresAt: timeOf(creation?.expiresMillis),
    threshold: creation?.threshold,
    electorate:
      creation === undefined || members.totalBefore(creation.sequence) === undefined
        ? undefined
        : members.list(({ sequence }) => sequence < creation.sequence),
    votes,
    results: results.map(resultOf),
    ...(file.passed === undefined ? {} : { quorum: checkQuorum(file, file.passed, fold, kind) }),
    effects: effects.map((effect) => effectOf(effect, effect.operation)),
    dissent:
      winning === undefined
        ? []
        : votes.filter(
            ({ decision, isFlagged }) =>
              !isFlagged && decision !== winning && decision !== "abstain",
          ),
    findings,
    mentions: fold.mentionsOf(proposalId).map(({ operation, actorDid, ...entry }) => ({
      ...entryOf(entry),
      operation,
      ...(actorDid === undefined ? {} : { actorDid }),
    })),
    sequences: sorted([
      ...sequencesOf(file, fold),
      ...findings.flatMap((finding) => finding.sequences),
    ]),
  };
}

/** The entries about a proposal, and those that made its electorate up to its last result. */
export function sequencesOf(file: ProposalFile | undefined, fold: Fold): number[] {
  if (file === undefined) return [];
  const { creation, votes, results, effects, flags } = file;
  const decided = [...(creation === undefined ? [] : [creation]), ...votes, ...results];
  const last = results.at(-1)?.sequence ?? -1;
  const until = last < 0 ? (decided.at(-1)?.sequence ?? 0) : last;
  return [
    ...fold.members.changesBefore(until),
    ...[...decided, ...effects, ...flags, ...fold.mentionsOf(file.proposalId)].map(
      ({ sequence }) => sequence,
    ),
  ];
}

/** Each sequence once, ascending. */
export function sorted(sequences: readonly number[]): number[] {
  return [...new Set(sequences)].sort((a, b) => a - b);
}

/** An effect as an answer shows it. */
export function effectOf(effect: Omit<Effect, "operation">, operation: string): CaseEffect {
  const { subjectId, kind, enactedBy, actorType, onBehalfOf, reason } = effect;
  return {
    ...entryOf(effect),
    operation,
    ...(subjectId === undefined ? {} : { subjectId }),
    ...(kind === undefined ? {} : { kind }),
    ...(enactedBy === undefined ? {} : { enactedBy }),
    ...(actorType === undefined ? {} : { actorType }),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function resultOf(result: Result): CaseResult {
  const { decision, signerDid, onBehalfOf, reason } = result;
  return {
    ...entryOf(result),
    decision,
    ...(signerDid ? { signerDid } : {}),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(reason === undefined ? {} : { reason }),
    tally: claimOf(result),
  };
}

function entryOf({
  sequence,
  millis,
}: {
  readonly sequence: number;
  readonly millis: number;
}): CaseEntry {
  return { sequence, timestamp: formatTimestamp(millis) };
}

function timeOf(millis: number | undefined): string | undefined {
  return millis === undefined || Number.isNaN(millis) ? undefined : formatTimestamp(millis);
}
