import type { Operation } from "../../entry/operations.js";

/** Who stood behind a call, where the entry says it. */
export type ActorType = "human" | "agent" | "service";

/** How a proposal began. */
export interface Creation {
  readonly sequence: number;
  readonly millis: number;
  readonly subjectId: string | undefined;
  readonly kind: string | undefined;
  readonly proposerDid: string | undefined;
  readonly title: string | undefined;
  readonly expiresMillis: number | undefined;
  /** The weight that passes it. */
  readonly threshold: number | undefined;
}

/** One vote as it was recorded. */
export interface CastVote {
  readonly sequence: number;
  /** When it was cast; else when its entry says that it happened. */
  readonly millis: number;
  readonly voter: string;
  readonly decision: string;
  readonly voteId: string | undefined;
  /** The weight that the entry itself gives. */
  readonly weight: number | undefined;
  readonly actorType: ActorType | undefined;
  readonly rationale: string | undefined;
}

/** A result as it was recorded. What an entry of another system lacks is undefined. */
export interface Result {
  readonly sequence: number;
  readonly millis: number;
  readonly signerDid: string | undefined;
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
  readonly reason: string | undefined;
}

/** A voter who was caught with two answers. */
export interface Flag {
  readonly sequence: number;
  readonly voter: string;
  readonly prior: string | undefined;
  readonly conflicting: string | undefined;
}

/** Two different answers of one voter. */
export interface DoubleVote {
  readonly voter: string;
  /** The entries of its votes so far. */
  readonly sequences: readonly number[];
}

/** All that a trail says about one proposal so far. */
export interface ProposalFacts {
  readonly proposalId: string;
  /** Undefined where the trail does not hold how it began. */
  readonly creation: Creation | undefined;
  readonly votes: readonly CastVote[];
  readonly results: readonly Result[];
  readonly effects: readonly Effect[];
  readonly flags: readonly Flag[] | undefined;
  /** Voters with two different answers. */
  readonly doubleVotes: readonly DoubleVote[] | undefined;
  /** The first result that passed it. */
  readonly passed: Result | undefined;
  /** The first result that rejected it. */
  readonly rejected: Result | undefined;
  /** The votes of one voter. */
  votesOf(voter: string): readonly CastVote[];
  /** Whether a vote with this id is recorded. */
  hasVote(voteId: string): boolean;
  /** Whether a voter was flagged, before an entry if one is given. */
  isFlagged(voter: string, before?: number): boolean;
}

/** From this number of votes on, an index finds a voter's votes. A short list is read through. */
const INDEXED_FROM = 64;

/** The same while entries come. */
export class ProposalFile implements ProposalFacts {
  readonly proposalId: string;
  creation: Creation | undefined = undefined;
  votes: CastVote[] = [];
  results: Result[] = [];
  effects: Effect[] = [];
  flags: Flag[] | undefined = undefined;
  doubleVotes: { readonly voter: string; readonly sequences: number[] }[] | undefined = undefined;
  #byVoter: Map<string, CastVote[]> | undefined = undefined;
  #ids: Set<string> | undefined = undefined;

  constructor(proposalId: string) {
    this.proposalId = proposalId;
  }

  /** Adds a vote, and notices a second answer of its voter. */
  addVote(vote: CastVote): void {
    const earlier = this.votesOf(vote.voter);
    if (earlier.some(({ decision }) => decision !== vote.decision)) this.#addDouble(vote, earlier);
    this.votes.push(vote);
    if (this.votes.length === INDEXED_FROM) this.#makeIndex();
    else if (this.votes.length > INDEXED_FROM) this.#index(vote);
  }

  /** Adds a result. Few votes come after it, so their list gives back what it does not need. */
  addResult(result: Result): void {
    if (this.results.length === 0) this.votes = this.votes.slice();
    this.results = added(this.results, result);
  }

  addEffect(effect: Effect): void {
    this.effects = added(this.effects, effect);
  }

  addFlag(flag: Flag): void {
    this.flags = added(this.flags ?? [], flag);
  }

  votesOf(voter: string): readonly CastVote[] {
    return this.#byVoter === undefined
      ? this.votes.filter((vote) => vote.voter === voter)
      : (this.#byVoter.get(voter) ?? []);
  }

  hasVote(voteId: string): boolean {
    return this.#ids?.has(voteId) ?? this.votes.some((vote) => vote.voteId === voteId);
  }

  isFlagged(voter: string, before: number = Number.POSITIVE_INFINITY): boolean {
    return this.flags?.some((flag) => flag.voter === voter && flag.sequence < before) ?? false;
  }

  get passed(): Result | undefined {
    return this.results.find(({ decision }) => decision === "passed");
  }

  get rejected(): Result | undefined {
    return this.results.find(({ decision }) => decision === "rejected");
  }

  #addDouble(vote: CastVote, earlier: readonly CastVote[]): void {
    this.doubleVotes ??= [];
    const known = this.doubleVotes.find(({ voter }) => voter === vote.voter);
    if (known !== undefined) known.sequences.push(vote.sequence);
    else
      this.doubleVotes.push({
        voter: vote.voter,
        sequences: [...earlier.map(({ sequence }) => sequence), vote.sequence],
      });
  }

  #makeIndex(): void {
    this.#byVoter = new Map();
    this.#ids = new Set();
    for (const vote of this.votes) this.#index(vote);
  }

  #index(vote: CastVote): void {
    const known = this.#byVoter?.get(vote.voter);
    if (known === undefined) this.#byVoter?.set(vote.voter, [vote]);
    else known.push(vote);
    if (vote.voteId !== undefined) this.#ids?.add(vote.voteId);
  }
}

/** Most lists have one item: a list of one takes the memory that it needs, and no more. */
function added<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}
