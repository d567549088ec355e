import type { Finding } from "./facts/finding.js";
import type { Member } from "./facts/members.js";
import type { ActorType } from "./facts/proposal-facts.js";
import type { QuorumCheck } from "./facts/quorum.js";
import type { Answer, Authorization } from "./facts/standing-facts.js";
import type { Tally } from "./facts/way.js";

/**
 * How a proposal stands: without a result and open, or expired; with one; or with two results that
 * contradict each other.
 */
export type ProposalState = "open" | "expired" | "passed" | "rejected" | "contradictory";

/** An entry of a case, and when it happened (RFC 3339, UTC). */
export interface CaseEntry {
  readonly sequence: number;
  readonly timestamp: string;
}

/** One vote of a case. */
export interface CaseVote extends CaseEntry {
  readonly voter: string;
  readonly decision: string;
  readonly voteId?: string;
  /** The weight of the node when it voted; undefined where the trail cannot show it. */
  readonly weight: number | undefined;
  /** True for a voter who was flagged and of whom the log holds two different answers. */
  readonly isFlagged: boolean;
  readonly actorType?: ActorType;
  /** On whose behalf the actor acted, where the entry says so, here and below. */
  readonly onBehalfOf?: string;
  readonly rationale?: string;
}

/** One result of a case, as it was recorded. */
export interface CaseResult extends CaseEntry {
  readonly decision: string;
  readonly signerDid?: string;
  readonly onBehalfOf?: string;
  readonly reason?: string;
  /** As recorded; undefined where the entry lacks a weight. */
  readonly tally: Tally | undefined;
}

/** An entry that carries out a case: a grant, a revocation, a node that comes or goes. */
export interface CaseEffect extends CaseEntry {
  readonly operation: string;
  readonly subjectId?: string;
  readonly kind?: string;
  /** Who enacted it, and why, where the entry says so. */
  readonly enactedBy?: string;
  readonly actorType?: ActorType;
  readonly onBehalfOf?: string;
  readonly reason?: string;
}

/** An operation of the app's own that names a proposal. */
export interface CaseMention extends CaseEntry {
  readonly operation: string;
  readonly actorDid?: string;
}

/** All that a trail says about one proposal. */
export interface ProposalCase {
  readonly proposalId: string;
  readonly state: ProposalState;
  /** Undefined where the trail does not hold how it began, as are the next five. */
  readonly created: CaseEntry | undefined;
  readonly subjectId: string | undefined;
  readonly kind: string | undefined;
  readonly proposerDid: string | undefined;
  readonly title: string | undefined;
  readonly expiresAt: string | undefined;
  /** The weight that passes it, where it was recorded. */
  readonly threshold: number | undefined;
  /** The members when it began; undefined where the trail cannot show them. */
  readonly electorate: readonly Member[] | undefined;
  readonly votes: readonly CaseVote[];
  readonly results: readonly CaseResult[];
  readonly effects: readonly CaseEffect[];
  /** Operations of the app's own that name it. */
  readonly mentions: readonly CaseMention[];
  /** Whether the first passed result had the weight that it needs, and why; absent without one. */
  readonly quorum?: QuorumCheck;
  /** The votes against the result. */
  readonly dissent: readonly CaseVote[];
  readonly findings: readonly Finding[];
  /** The entries that all of this rests on, ascending: also those that made its electorate. */
  readonly sequences: readonly number[];
}

/** What a trail says about a model, an agent or another subject at a moment. */
export interface SubjectCase {
  readonly subjectId: string;
  /** The sequence up to which the trail was read, and what "now" is (RFC 3339). */
  readonly at: { readonly sequence: number; readonly time: string };
  /** Whether it was allowed to act. `unknown`: entries are missing that would show it. */
  readonly authorized: Answer;
  /** Since and until when, and by which proposal, where it is authorized. */
  readonly since?: string;
  readonly until?: string;
  readonly by?: string;
  /** All authorizations that it ever had, oldest first. */
  readonly authorizations: readonly Authorization[];
  /** Its grants and revocations, in order. */
  readonly history: readonly CaseEffect[];
  /** The proposals about it, in order. */
  readonly proposals: readonly string[];
  /** What was found out about it and these proposals. */
  readonly findings: readonly Finding[];
  /** Entries that happened by then and were recorded later. Nobody knew them at that moment. */
  readonly recordedLater: readonly number[];
  /** The entries that all of this rests on, ascending: also those of the decisions. */
  readonly sequences: readonly number[];
}
