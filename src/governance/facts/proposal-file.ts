import type { Operation } from "../../entry/operations.js";
import type {
  CastVote,
  Creation,
  DoubleVote,
  Effect,
  Flag,
  FlagState,
  ProposalFacts,
  Result,
} from "./proposal-facts.js";
import { type StandingEvent, untilOf } from "./standing-facts.js";
import { NO_ROW, VoteTable } from "./vote-table.js";

const NOTHING: readonly never[] = [];

/** From this number of votes on, an index finds a voter and an id. Few votes are read through. */
const INDEXED_FROM = 64;

/** What only proposals with many votes have. */
interface VoteIndex {
  /** All votes, in order. */
  readonly rows: number[];
  /** The last vote of each voter, and the first of each id. */
  readonly lastOf: Map<number, number>;
  readonly withId: Map<string, number>;
}

/** What only proposals have of which somebody voted in two ways, or was flagged for it. */
interface Suspects {
  readonly doubleVotes: Map<string, DoubleVote>;
  readonly flags: Flag[];
  readonly flagged: Map<string, FlaggedVoter>;
}

interface FlaggedVoter {
  readonly firstFlag: number;
  /** The first flag that names two different answers. */
  firstClaim: number;
  readonly decisions: Set<string>;
}

/** The same while entries come. */
export class ProposalFile implements ProposalFacts {
  readonly proposalId: string;
  creation: Creation | undefined = undefined;
  results: Result[] = [];
  effects: Effect[] = [];
  longestGrant: StandingEvent | undefined = undefined;
  passed: Result | undefined = undefined;
  rejected: Result | undefined = undefined;
  voteCount = 0;
  hasRepeatedVoters = false;
  /** Whether the policy judges its first result; without one, how it began. */
  isJudged = true;
  readonly #table: VoteTable;
  #first = NO_ROW;
  #last = NO_ROW;
  #index: VoteIndex | undefined = undefined;
  #suspects: Suspects | undefined = undefined;
  /** The first result with another decision than the first of all. */
  #otherResult: Result | undefined = undefined;
  /** Effects of another operation than the first has: the first of each. */
  #otherEffects: Effect[] | undefined = undefined;
  #grantedKinds: Set<string> | undefined = undefined;

  /** @param table - Where all proposals of a trail keep their votes. */
  constructor(proposalId: string, table: VoteTable = new VoteTable()) {
    this.proposalId = proposalId;
    this.#table = table;
  }

  get votes(): CastVote[] {
    return this.#votesFrom(this.#first);
  }

  get firstVoteSequence(): number | undefined {
    return this.#first === NO_ROW ? undefined : this.#table.sequence(this.#first);
  }

  get lastVoteSequence(): number {
    return this.#last === NO_ROW ? -1 : this.#table.sequence(this.#last);
  }

  votesAfter(sequence: number): CastVote[] {
    const { rows } = this.#index ?? {};
    let row = this.#first;
    if (rows !== undefined) {
      let [low, high] = [0, rows.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (this.#table.sequence(rows[middle] as number) <= sequence) low = middle + 1;
        else high = middle;
      }
      row = rows[low] ?? NO_ROW;
    }
    while (row !== NO_ROW && this.#table.sequence(row) <= sequence) row = this.#table.next(row);
    return this.#votesFrom(row);
  }

  #votesFrom(first: number): CastVote[] {
    const votes: CastVote[] = [];
    for (let row = first; row !== NO_ROW; row = this.#table.next(row))
      votes.push(this.#table.at(row));
    return votes;
  }

  /** Adds a vote, and notices a second answer of its voter. */
  addVote(vote: CastVote): void {
    const voter = this.#table.numberFor(vote.voter);
    const earlier = this.#lastRowOf(voter);
    const row = this.#table.add(vote, voter, this.#last, earlier);
    if (this.#first === NO_ROW) this.#first = row;
    this.#last = row;
    this.voteCount++;
    if (this.#index !== undefined) this.#addToIndex(this.#index, row);
    else if (this.voteCount === INDEXED_FROM) this.#makeIndex();
    if (earlier !== NO_ROW) {
      this.hasRepeatedVoters = true;
      if (this.#table.decision(earlier) !== vote.decision) this.#addDouble(vote.voter);
    }
    this.#suspects?.flagged.get(vote.voter)?.decisions.add(vote.decision);
  }

  addResult(result: Result): void {
    const { decision } = result;
    if (decision === "passed") this.passed ??= result;
    else if (decision === "rejected") this.rejected ??= result;
    if (this.results[0] !== undefined && this.results[0].decision !== decision)
      this.#otherResult ??= result;
    this.results = added(this.results, result);
  }

  addEffect(effect: Effect): void {
    if (this.effects.length > 0 && this.effectOf(effect.operation) === undefined)
      this.#otherEffects = added(this.#otherEffects ?? [], effect);
    this.effects = added(this.effects, effect);
  }

  /** Adds an effect that is a grant. */
  addGrant(grant: StandingEvent): void {
    this.addEffect(grant);
    if (this.creation?.kind === undefined && grant.kind !== undefined) {
      this.#grantedKinds ??= new Set();
      this.#grantedKinds.add(grant.kind);
    }
    const until = untilOf(this.longestGrant ?? grant);
    if (this.longestGrant === undefined || !(Number.isNaN(until) || untilOf(grant) <= until))
      this.longestGrant = grant;
  }

  addFlag(flag: Flag): void {
    const { voter, sequence } = flag;
    const { flags, flagged } = this.#suspectsOf();
    flags.push(flag);
    const firstClaim = namesTwoAnswers(flag) ? sequence : Number.POSITIVE_INFINITY;
    const known = flagged.get(voter);
    if (known !== undefined) {
      known.firstClaim = Math.min(known.firstClaim, firstClaim);
      return;
    }
    const decisions = new Set(this.#rowsOf(voter).map((row) => this.#table.decision(row)));
    flagged.set(voter, { firstFlag: sequence, firstClaim, decisions });
  }

  get flags(): readonly Flag[] {
    return this.#suspects?.flags ?? NOTHING;
  }

  get doubleVotes(): readonly DoubleVote[] {
    return this.#suspects === undefined ? NOTHING : [...this.#suspects.doubleVotes.values()];
  }

  resultUnlike(decision: string): Result | undefined {
    const [first] = this.results;
    return first === undefined || first.decision !== decision ? first : this.#otherResult;
  }

  hasGranted(kind: string): boolean {
    return this.#grantedKinds?.has(kind) ?? false;
  }

  effectOf(operation: Operation): Effect | undefined {
    const [first] = this.effects;
    return first?.operation === operation
      ? first
      : this.#otherEffects?.find((effect) => effect.operation === operation);
  }

  votesOf(voter: string): readonly CastVote[] {
    return this.#rowsOf(voter).map((row) => this.#table.at(row));
  }

  voteWithId(voteId: string): CastVote | undefined {
    let row = this.#index?.withId.get(voteId) ?? NO_ROW;
    if (this.#index === undefined)
      for (row = this.#first; row !== NO_ROW; row = this.#table.next(row))
        if (this.#table.voteId(row) === voteId) break;
    return row === NO_ROW ? undefined : this.#table.at(row);
  }

  doubleVoteOf(voter: string): DoubleVote | undefined {
    return this.#suspects?.doubleVotes.get(voter);
  }

  hasVoted(voter: string, decision: string): boolean {
    return this.#suspects?.flagged.get(voter)?.decisions.has(decision) ?? false;
  }

  isFlagged(voter: string, before: number = Number.POSITIVE_INFINITY): boolean {
    return this.flagStateOf(voter, before) !== "none";
  }

  flagStateOf(voter: string, before: number = Number.POSITIVE_INFINITY): FlagState {
    const flagged = this.#suspects?.flagged.get(voter);
    if (flagged === undefined || flagged.firstFlag >= before) return "none";
    const second = this.doubleVoteOf(voter)?.sequences.at(-1);
    if (second !== undefined && second < before) return "shown";
    return flagged.firstClaim < before ? "claimed" : "none";
  }

  #rowsOf(voter: string): number[] {
    const rows: number[] = [];
    const number = this.#table.numberOf(voter);
    const last = number === undefined ? NO_ROW : this.#lastRowOf(number);
    for (let row = last; row !== NO_ROW; row = this.#table.earlier(row)) rows.push(row);
    return rows.reverse();
  }

  /** @param voter - Its number. */
  #lastRowOf(voter: number): number {
    if (this.#index !== undefined) return this.#index.lastOf.get(voter) ?? NO_ROW;
    let last = NO_ROW;
    for (let row = this.#first; row !== NO_ROW; row = this.#table.next(row))
      if (this.#table.voter(row) === voter) last = row;
    return last;
  }

  /** Votes after the second answer show nothing new. */
  #addDouble(voter: string): void {
    const { doubleVotes } = this.#suspectsOf();
    if (doubleVotes.has(voter)) return;
    const sequences = this.#rowsOf(voter).map((row) => this.#table.sequence(row));
    doubleVotes.set(voter, { voter, sequences });
  }

  #suspectsOf(): Suspects {
    this.#suspects ??= { doubleVotes: new Map(), flags: [], flagged: new Map() };
    return this.#suspects;
  }

  #makeIndex(): void {
    this.#index = { rows: [], lastOf: new Map(), withId: new Map() };
    for (let row = this.#first; row !== NO_ROW; row = this.#table.next(row))
      this.#addToIndex(this.#index, row);
  }

  #addToIndex({ rows, lastOf, withId }: VoteIndex, row: number): void {
    rows.push(row);
    const voteId = this.#table.voteId(row);
    lastOf.set(this.#table.voter(row), row);
    if (voteId !== undefined && !withId.has(voteId)) withId.set(voteId, row);
  }
}

/** A flag of two equal answers, or of none, accuses nobody of anything. */
function namesTwoAnswers({ prior, conflicting }: Flag): boolean {
  return prior !== undefined && conflicting !== undefined && prior !== conflicting;
}

/** Most lists have one item: a list of one takes the memory that it needs, and no more. */
function added<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}
