import type { Operation } from "../../entry/operations.js";

/** Who stood behind a call, where the entry says it. */
export type ActorType = "human" | "agent" | "service";

/** When something happened, in milliseconds since 1970. The first is what answers show. */
export interface EntryTimes {
  /** The timestamp of its entry. */
  readonly millis: number;
  /**
   * The earliest and the latest of all times that its entry gives: its timestamp, the time in its
   * details (`created_at`, `cast_at`, `decided_at`), and when it was recorded. When an imported
   * entry was recorded counts only for a vote or a result of a proposal that was open then.
   * Undefined where all of them are the same.
   */
  readonly span: TimeSpan | undefined;
}

/** The first and the last of some times, in milliseconds since 1970. */
export interface TimeSpan {
  readonly earliestMillis: number;
  readonly latestMillis: number;
}

/** How a proposal began. */
export interface Creation extends EntryTimes {
  readonly sequence: number;
  readonly subjectId: string | undefined;
  readonly kind: string | undefined;
  readonly proposerDid: string | undefined;
  readonly title: string | undefined;
  /** Undefined if it has no end; NaN where its end is recorded and is no time. */
  readonly expiresMillis: number | undefined;
  /**
   * Whether it was imported after it had expired. When its votes and results were recorded then
   * says nothing about them.
   */
  readonly isHistory: boolean;
  /** The weight that passes it. */
  readonly threshold: number | undefined;
}

/** One vote as it was recorded. */
export interface CastVote extends EntryTimes {
  readonly sequence: number;
  readonly voter: string;
  readonly decision: string;
  readonly voteId: string | undefined;
  /** The weight that the entry itself gives. */
  readonly weight: number | undefined;
  /** Whether its voter had a delegation in force when the vote came, whatever came later. */
  readonly hasDelegation: boolean;
  readonly actorType: ActorType | undefined;
  /** On whose behalf the actor acted, where the entry says so, here and below. */
  readonly onBehalfOf: string | undefined;
  readonly rationale: string | undefined;
}

/** A result as it was recorded. What an entry of another system lacks is undefined. */
export interface Result extends EntryTimes {
  readonly sequence: number;
  readonly signerDid: string | undefined;
  readonly actorType: ActorType | undefined;
  readonly onBehalfOf: string | undefined;
  readonly decision: string;
  readonly reason: string | undefined;
  readonly approve: number | undefined;
  readonly reject: number | undefined;
  readonly abstain: number | undefined;
  readonly total: number | undefined;
  readonly voteCount: number | undefined;
  /** The ids of the votes that were counted, where they are recorded. */
  readonly counted: readonly string[] | undefined;
  readonly threshold: number | undefined;
}

/** An entry that carries out a decision: a grant, a revocation, or a node that comes or goes. */
export interface Effect {
  readonly sequence: number;
  readonly millis: number;
  readonly operation: Operation;
  readonly subjectId: string | undefined;
  readonly kind: string | undefined;
  /** Who enacted it, where a grant or a revocation says so. */
  readonly enactedBy: string | undefined;
  readonly actorType: ActorType | undefined;
  readonly onBehalfOf: string | undefined;
  readonly reason: string | undefined;
}

/** A node that comes or goes. */
export interface NodeEffect extends Effect {
  readonly operation: "node_added" | "node_removed";
  readonly subjectId: string;
}

/** A voter who was caught with two answers. */
export interface Flag {
  readonly sequence: number;
  readonly voter: string;
  readonly prior: string | undefined;
  readonly conflicting: string | undefined;
}

/**
 * What is known of a voter who was flagged: nothing that a flag says is `none`; the log holds two
 * different answers is `shown`; a flag names two different answers and the log holds only one of
 * them is `claimed`.
 */
export type FlagState = "none" | "claimed" | "shown";

/** Two different answers of one voter. */
export interface DoubleVote {
  readonly voter: string;
  /** The entries of its votes up to the second answer. */
  readonly sequences: readonly number[];
}

/** All that a trail says about one proposal so far. */
export interface ProposalFacts {
  readonly proposalId: string;
  /** Undefined where the trail does not hold how it began. */
  readonly creation: Creation | undefined;
  /** All votes, in order. They are made anew for each call. */
  readonly votes: readonly CastVote[];
  readonly voteCount: number;
  /** The first vote; undefined before it. */
  readonly firstVoteSequence: number | undefined;
  /** The newest vote; -1 before the first. */
  readonly lastVoteSequence: number;
  /** Whether somebody voted more than once. */
  readonly hasRepeatedVoters: boolean;
  readonly results: readonly Result[];
  readonly effects: readonly Effect[];
  /** The grant that is valid longest, or one whose end is no time. */
  readonly longestGrant: (Effect & { readonly validUntilMillis: number | undefined }) | undefined;
  readonly flags: readonly Flag[];
  /** Voters with two different answers. */
  readonly doubleVotes: readonly DoubleVote[];
  /** The first result that passed it. */
  readonly passed: Result | undefined;
  /** The first result that rejected it. */
  readonly rejected: Result | undefined;
  /** The first result with another decision than this one. */
  resultUnlike(decision: string): Result | undefined;
  /** Whether a grant of a kind came before. Known where the proposal has no kind of its own. */
  hasGranted(kind: string): boolean;
  /** The first effect of an operation. */
  effectOf(operation: Operation): Effect | undefined;
  /** The votes after an entry, in order. */
  votesAfter(sequence: number): readonly CastVote[];
  /** The votes of one voter, in order. */
  votesOf(voter: string): readonly CastVote[];
  /** The first vote with this id. */
  voteWithId(voteId: string): CastVote | undefined;
  /** The two different answers of a voter, if it gave them. */
  doubleVoteOf(voter: string): DoubleVote | undefined;
  /** Whether a voter who was flagged gave an answer. */
  hasVoted(voter: string, decision: string): boolean;
  /** Whether a voter was flagged for two different answers, before an entry if one is given. */
  isFlagged(voter: string, before?: number): boolean;
  /** What the flags of a voter and its votes show, before an entry if one is given. */
  flagStateOf(voter: string, before?: number): FlagState;
}
